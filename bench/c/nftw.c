/* The classic way: nftw(3) with a stat of every file and a linear search through the inode numbers. */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t *all, count, entries, hits;

static int visit(const char *path, const struct stat *s, int type, struct FTW *ftw) {
  (void)path; (void)ftw;
  entries++;
  if (type == FTW_F || type == FTW_SL)
    for (uint64_t i = 0; i < count; i++)
      if (all[i] == s->st_ino) { hits++; break; }
  return 0;
}

int main(int argc, char **argv) {
  uint64_t ino, room = 1024;
  all = malloc(room * 8);
  FILE *f = argc > 2 ? fopen(argv[2], "r") : NULL;
  while (f != NULL && fscanf(f, "%lu", &ino) == 1) {
    if (count == room) all = realloc(all, (room *= 2) * 8);
    all[count++] = ino;
  }
  nftw(argv[1], visit, 1024, FTW_PHYS | FTW_MOUNT);
  printf("%lu entries, %lu hits\n", entries, hits);
  return 0;
}
