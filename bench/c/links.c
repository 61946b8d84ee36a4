/* links INDEX TARGET: what a flush of an overlay does, in C with the same durability. INDEX holds f000000 …; of
   each, two names are made in the directories of TARGET, the count is written before, every directory is synced
   once, then the entries go, then the two attributes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 5) return 1;
  int source = open(argv[1], O_RDONLY | O_DIRECTORY), target = open(argv[2], O_RDONLY | O_DIRECTORY);
  int entries = atoi(argv[3]), directories = atoi(argv[4]);
  char name[64], path[4096];
  for (int i = 0; i < entries; i++) {
    sprintf(path, "%s/f%06d", argv[1], i);
    if (lsetxattr(path, "trusted.bench.origin", "0123456789012345678901234567", 29, 0)) return 2;
    if (lsetxattr(path, "trusted.bench.nlink", "L+0", 3, 0)) return 2;
  }
  for (int d = 0; d < directories; d++) {
    sprintf(path, "d%03d", d);
    if (mkdirat(target, path, 0755)) return 3;
    int fd = openat(target, path, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < entries; i++)
      for (int k = 0; k < 2; k++)
        if ((i * 7 + k * 131) % directories == d) {
          sprintf(name, "f%06d", i);
          sprintf(path, "f%06d_%d", i, k);
          if (linkat(source, name, fd, path, 0)) return 4;
        }
    fsync(fd);
    close(fd);
  }
  for (int i = 0; i < entries; i++) {
    sprintf(name, "f%06d", i);
    int fd = openat(source, name, O_RDONLY);
    if (unlinkat(source, name, 0)) return 5;
    fremovexattr(fd, "trusted.bench.origin");
    fremovexattr(fd, "trusted.bench.nlink");
    close(fd);
  }
  fsync(source);
  return 0;
}
