/* scan UPPER INDEX LOWER: what a scan of an overlay has to ask the kernel, for one lower on the same ext4, asked in C:
   each entry's inode and attributes, all directories of the lower, with the upper's and what could lead elsewhere from
   there, and each entry's lower file for its handle, its inode and whether it is a whiteout. It makes nothing of the
   answers, and prints how many entries it asked for, and how many names it met in the upper and in the lower. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

struct record { uint64_t ino; int64_t off; unsigned short reclen; unsigned char type; char name[]; };
struct set { uint64_t *slots, mask; };

/* A handle's hex begins behind version, magic, length, flags, type and UUID; ext4's begins with the inode number. */
enum { HEADER = 21, FID = 2 * HEADER, GETXATTRAT = 464 };

static struct set upper_inodes, lower_inodes, proved;
static size_t count, upper_names, lower_names;

static void *slot(struct set *set, uint64_t ino) {
  uint64_t at = (ino * 0x9e3779b97f4a7c15ull >> 20) & set->mask;
  while (set->slots[at] != 0 && set->slots[at] != ino) at = (at + 1) & set->mask;
  return set->slots + at;
}

static void add(struct set *set, uint64_t ino) { *(uint64_t *)slot(set, ino) = ino; }
static int has(struct set *set, uint64_t ino) { return *(uint64_t *)slot(set, ino) == ino; }

static void make(struct set *set) {
  for (set->mask = 16; set->mask < count * 4; set->mask *= 2) {}
  set->slots = calloc(set->mask--, sizeof *set->slots);
}

static uint64_t number(const char *hex) {
  uint64_t value = 0;
  for (int byte = 3; byte >= 0; byte--) {
    unsigned part;
    sscanf(hex + 2 * byte, "%2x", &part);
    value = value << 8 | part;
  }
  return value;
}

/* By the directory where Linux can (6.13), by a path through /proc where not. */
static void attribute(int fd, const char *name, const char *attribute) {
  static int by_path;
  char value[1024], path[4096];
  struct { uint64_t value; uint32_t size, flags; } into = {(uint64_t)value, sizeof value, 0};
  if (!by_path) {
    long got = syscall(GETXATTRAT, fd, name, AT_SYMLINK_NOFOLLOW, attribute, &into, sizeof into);
    if (got >= 0 || errno != ENOSYS) return;
    by_path = 1;
  }
  sprintf(path, "/proc/self/fd/%d/%s", fd, name);
  lgetxattr(path, attribute, value, sizeof value);
}

static void inode(int fd, const char *name) {
  struct statx s;
  statx(fd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &s);
}

static int directory(int fd, const char *name) {
  struct open_how how = {
    .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
  };
  return syscall(SYS_openat2, fd, name, &how, sizeof how);
}

static void each(int fd, int once, void (*act)(int fd, struct record *, void *), void *with) {
  char *buffer = malloc(65536);
  long length;
  do {
    length = syscall(SYS_getdents64, fd, buffer, 65536);
    for (long at = 0; at < length; at += ((struct record *)(buffer + at))->reclen) {
      struct record *r = (struct record *)(buffer + at);
      if (strcmp(r->name, ".") && strcmp(r->name, "..")) act(fd, r, with);
    }
  } while (length > 0 && !once);
  free(buffer);
}

struct names { char **all; uint64_t *inodes; size_t count; };

static void keep(int fd, struct record *r, void *with) {
  struct names *names = with;
  if ((names->count & (names->count - 1)) == 0) {
    size_t room = names->count ? names->count * 2 : 1;
    names->all = realloc(names->all, room * sizeof *names->all);
    names->inodes = realloc(names->inodes, room * sizeof *names->inodes);
  }
  names->all[names->count] = strdup(r->name);
  names->inodes[names->count++] = r->ino;
}

static void in_upper(int fd, struct record *r, void *with) {
  if (r->type != DT_DIR && has(&upper_inodes, r->ino)) upper_names++;
}

static void in_lower(int fd, struct record *r, void *with) {
  if (r->type == DT_DIR) { keep(fd, r, with); return; }
  if (!has(&lower_inodes, r->ino)) return;
  lower_names++;
  /* The number alone tells the other names. */
  if (has(&proved, r->ino)) return;
  struct { struct file_handle head; unsigned char fid[128]; } handle = {.head.handle_bytes = 128};
  int mount;
  name_to_handle_at(fd, r->name, &handle.head, &mount, 0);
  inode(fd, r->name);
  attribute(fd, r->name, "trusted.overlay.whiteout");
  add(&proved, r->ino);
}

/* ext4 marks the end of a directory in its last record: one read is enough for what fits. */
static void walk(int upper, int lower) {
  struct names below = {0};
  if (upper >= 0) each(upper, 1, in_upper, NULL);
  each(lower, 1, in_lower, &below);
  for (size_t i = 0; i < below.count; i++) {
    int above = upper < 0 ? -1 : directory(upper, below.all[i]);
    if (above >= 0) {
      char value[1024];
      fgetxattr(above, "trusted.overlay.opaque", value, sizeof value);
      fgetxattr(above, "trusted.overlay.redirect", value, sizeof value);
    }
    int child = directory(lower, below.all[i]);
    if (child >= 0) walk(above, child);
    if (above >= 0) close(above);
    close(child);
    free(below.all[i]);
  }
  free(below.all);
  free(below.inodes);
}

int main(int argc, char **argv) {
  if (argc < 4) return 1;
  int upper = open(argv[1], O_RDONLY | O_DIRECTORY), index = open(argv[2], O_RDONLY | O_DIRECTORY);
  int lower = open(argv[3], O_RDONLY | O_DIRECTORY);
  struct names entries = {0};
  each(index, 0, keep, &entries);
  count = entries.count;
  make(&upper_inodes), make(&lower_inodes), make(&proved);
  for (size_t i = 0; i < count; i++) {
    inode(index, entries.all[i]);
    attribute(index, entries.all[i], "trusted.overlay.origin");
    attribute(index, entries.all[i], "trusted.overlay.nlink");
    attribute(index, entries.all[i], "trusted.overlay.metacopy");
    add(&upper_inodes, entries.inodes[i]);
    add(&lower_inodes, number(entries.all[i] + FID));
  }
  walk(upper, lower);
  printf("%zu entries, %zu names in the upper, %zu in the lower\n", count, upper_names, lower_names);
  return 0;
}
