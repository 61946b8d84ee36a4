/* make-tree ROOT SHAPE FILES [EVERY]: a tree of empty files, every hundredth (or EVERYth) a second name of another.
   wide: 20 files a directory, three levels; flat: one directory; deep: 500 levels. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char waiting[4096];
static long made, every = 100;

static void put(const char *path) {
  if (waiting[0] != 0 && made % every == 0 && link(waiting, path) == 0) {
    waiting[0] = 0;
  } else {
    close(open(path, O_CREAT | O_WRONLY, 0644));
    if (made % every == every / 2) strcpy(waiting, path);
  }
  made++;
}

int main(int argc, char **argv) {
  if (argc < 4 || chdir(argv[1]) != 0) return 1;
  long files = atol(argv[3]);
  if (argc > 4) every = atol(argv[4]);
  char path[4096];
  if (!strcmp(argv[2], "flat")) {
    for (long i = 0; i < files; i++) { sprintf(path, "file%07ld.txt", i); put(path); }
    return 0;
  }
  if (!strcmp(argv[2], "deep")) {
    char *end = path;
    for (int level = 0; level < 500; level++) {
      end += sprintf(end, "%sd", level ? "/" : "");
      mkdir(path, 0755);
      for (long i = 0; i < files / 500; i++) { sprintf(end, "/f%ld", i); put(path); *end = 0; }
    }
    return 0;
  }
  for (long d = 0; d * 20 < files; d++) {
    sprintf(path, "a%ld", d / 2500); mkdir(path, 0755);
    sprintf(path, "a%ld/b%ld", d / 2500, d / 50 % 50); mkdir(path, 0755);
    sprintf(path, "a%ld/b%ld/dir%ld", d / 2500, d / 50 % 50, d % 50); mkdir(path, 0755);
    size_t length = strlen(path);
    for (int i = 0; i < 20; i++) { sprintf(path + length, "/file%05d.txt", i); put(path); }
  }
  return 0;
}
