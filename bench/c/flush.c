/* flush UPPER INDEX LOWER: a whole flush of an overlay in C, for one lower on the same ext4: reads the entries and
   their attributes, finds their names by inode number and proves them by handle, sees which of them the upper lacks,
   makes the links, and removes the entries, with plinkctl's durability. None of its further checks. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

struct record { uint64_t ino; int64_t off; unsigned short reclen; unsigned char type; char name[]; };
struct entry { char *name; uint64_t lower; };
struct link { struct entry *entry; char *path; };

/* A handle's hex begins behind version, magic, length, flags, type and UUID; ext4's begins with the inode number. */
enum { HEADER = 21, FID = 2 * HEADER };

static struct entry *entries, **slots;
static struct link *links;
static size_t count, mask, linked;
static int upper, index_fd;

static void *more(void *array, size_t used, size_t size) {
  return (used & (used - 1)) == 0 ? realloc(array, (used ? used * 2 : 1) * size) : array;
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

static struct entry **slot(uint64_t ino) {
  size_t at = (ino * 0x9e3779b97f4a7c15ull >> 20) & mask;
  while (slots[at] != NULL && slots[at]->lower != ino) at = (at + 1) & mask;
  return slots + at;
}

static void each(int fd, void (*act)(int fd, struct record *, void *), void *with) {
  char *buffer = malloc(65536);
  for (long length; (length = syscall(SYS_getdents64, fd, buffer, 65536)) > 0;)
    for (long at = 0; at < length; at += ((struct record *)(buffer + at))->reclen) {
      struct record *r = (struct record *)(buffer + at);
      if (strcmp(r->name, ".") && strcmp(r->name, "..")) act(fd, r, with);
    }
  free(buffer);
}

static void read_entry(int fd, struct record *r, void *with) {
  static const char *const names[] = {"trusted.overlay.origin", "trusted.overlay.nlink", "trusted.overlay.metacopy"};
  struct stat s;
  char path[4096], value[1024];
  if (r->name[0] == '#' || fstatat(fd, r->name, &s, AT_SYMLINK_NOFOLLOW)) return;
  sprintf(path, "/proc/self/fd/%d/%s", fd, r->name);
  for (int i = 0; i < 3; i++) lgetxattr(path, names[i], value, sizeof value);
  entries = more(entries, count, sizeof *entries);
  entries[count++] = (struct entry){strdup(r->name), number(r->name + FID)};
}

struct where { const char *path; char **names; size_t count; };

static void look(int fd, struct record *r, void *with) {
  struct where *where = with;
  if (r->type == DT_DIR) {
    where->names = more(where->names, where->count, sizeof *where->names);
    where->names[where->count++] = strdup(r->name);
    return;
  }
  struct entry *found = *slot(r->ino);
  if (found == NULL) return;
  struct { struct file_handle head; unsigned char fid[128]; } handle = {.head.handle_bytes = 128};
  int mount;
  if (name_to_handle_at(fd, r->name, &handle.head, &mount, 0)) return;
  for (unsigned i = 0; i < handle.head.handle_bytes; i++) {
    char hex[3];
    sprintf(hex, "%02x", handle.head.f_handle[i]);
    if (strncmp(hex, found->name + FID + 2 * i, 2)) return;
  }
  char path[4096];
  struct stat s;
  sprintf(path, "%s%s%s", where->path, *where->path ? "/" : "", r->name);
  if (fstatat(upper, path, &s, AT_SYMLINK_NOFOLLOW) == 0) return;
  links = more(links, linked, sizeof *links);
  links[linked++] = (struct link){found, strdup(path)};
}

static void walk(int fd, const char *path) {
  struct where where = {path};
  each(fd, look, &where);
  for (size_t i = 0; i < where.count; i++) {
    char below[4096];
    int child = openat(fd, where.names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
    sprintf(below, "%s%s%s", path, *path ? "/" : "", where.names[i]);
    if (child >= 0) { walk(child, below); close(child); }
    free(where.names[i]);
  }
  free(where.names);
}

static int make_directory(int lower, const char *path) {
  struct stat s;
  if (mkdirat(upper, path, 0700) == 0) {
    int fd = openat(upper, path, O_RDONLY | O_DIRECTORY);
    if (fstatat(lower, path, &s, 0)) exit(3);
    struct timespec times[2] = {s.st_atim, s.st_mtim};
    fchown(fd, s.st_uid, s.st_gid);
    fchmod(fd, s.st_mode & 07777);
    futimens(fd, times);
    return fd;
  }
  return openat(upper, path, O_RDONLY | O_DIRECTORY);
}

/* With one journal the first fsync takes the changes of the other directories along. */
enum { WAITING = 256 };
static int waiting[WAITING], waits;

static void sync_all(void) {
  for (int i = 0; i < waits; i++) { fsync(waiting[i]); close(waiting[i]); }
  waits = 0;
}

int main(int argc, char **argv) {
  if (argc < 4) return 1;
  upper = open(argv[1], O_RDONLY | O_DIRECTORY);
  index_fd = open(argv[2], O_RDONLY | O_DIRECTORY);
  int lower = open(argv[3], O_RDONLY | O_DIRECTORY);
  each(index_fd, read_entry, NULL);
  for (mask = 16; mask < count * 4; mask *= 2) {}
  slots = calloc(mask--, sizeof *slots);
  for (size_t i = 0; i < count; i++) *slot(entries[i].lower) = entries + i;
  walk(lower, "");
  for (size_t i = 0; i < count; i++) {
    char path[4096];
    sprintf(path, "/proc/self/fd/%d/%s", index_fd, entries[i].name);
    if (lsetxattr(path, "trusted.overlay.nlink", "L+0", 3, 0)) return 2;
  }
  /* The walk met them directory by directory. */
  for (size_t i = 0; i < linked;) {
    char *slash = strrchr(links[i].path, '/');
    size_t length = slash == NULL ? 0 : slash - links[i].path;
    char *directory = strndup(links[i].path, length);
    int fd = length == 0 ? dup(upper) : make_directory(lower, directory);
    for (; i < linked && !strncmp(links[i].path, directory, length) && !strchr(links[i].path + length + 1, '/'); i++)
      if (linkat(index_fd, links[i].entry->name, fd, links[i].path + (length ? length + 1 : 0), 0)) return 4;
    waiting[waits++] = fd;
    if (waits == WAITING) sync_all();
    free(directory);
  }
  sync_all();
  fsync(upper);
  for (size_t i = 0; i < count; i++) {
    int fd = openat(index_fd, entries[i].name, O_RDONLY | O_NOFOLLOW);
    if (unlinkat(index_fd, entries[i].name, 0)) return 5;
    entries[i].lower = fd;
    if (i % 512 != 511 && i + 1 != count) continue;
    /* The marks stay until the removal is durable. */
    fsync(index_fd);
    for (size_t k = i - i % 512; k <= i; k++) {
      fremovexattr(entries[k].lower, "trusted.overlay.origin");
      fremovexattr(entries[k].lower, "trusted.overlay.nlink");
      close(entries[k].lower);
    }
  }
  return 0;
}
