/* Writes down, in order, what a program writes to some files and when it waits until the disk has it. A test preloads this into a
 * studio and makes of the record what a disk would hold if the power had gone at any point of it.
 *
 * POWER_FILES: files whose path begins with this. POWER_LOG: the record, one entry after the other:
 *   kind (1 byte: 'w'rite, 's'ync, 't'runcate, 'u'nlink), offset or length (8), length of path (4), of data (4), path, data.
 * One lock is held over the call itself and its entry: the order of entries is the order of calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES_MAX 65536
static char *paths[FILES_MAX]; /* by descriptor */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_ours(const char *path) {
    const char *files = getenv("POWER_FILES");
    /* The index of the log is shared memory: no disk is asked for it. */
    size_t length = path ? strlen(path) : 0;
    return files && length >= strlen(files) && strncmp(path, files, strlen(files)) == 0 &&
           !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

static const char *path_of(int fd) { return fd >= 0 && fd < FILES_MAX ? paths[fd] : NULL; }

static void note(char kind, const char *path, uint64_t offset, const void *data, uint32_t length) {
    static int record = -1;
    if (record < 0) record = REAL(open)(getenv("POWER_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char head[17];
    uint32_t path_length = (uint32_t)strlen(path);
    head[0] = kind;
    memcpy(head + 1, &offset, 8);
    memcpy(head + 9, &path_length, 4);
    memcpy(head + 13, &length, 4);
    struct iovec parts[3] = {{head, sizeof head}, {(void *)path, path_length}, {(void *)data, length}};
    if (writev(record, parts, 3) != (ssize_t)(sizeof head + path_length + length)) abort();
}

static int opened(int fd, const char *path) {
    if (fd < 0 || fd >= FILES_MAX) return fd;
    pthread_mutex_lock(&lock);
    free(paths[fd]);
    paths[fd] = is_ours(path) ? strdup(path) : NULL;
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0;                                      \
        va_end(more);                                                                                                  \
        return opened(REAL(name)(path, flags, mode), path);                                                            \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (path_of(fd)) opened(fd, NULL);
    return REAL(close)(fd);
}

static ssize_t written(int fd, const void *data, uint64_t offset, ssize_t length) {
    if (length > 0) note('w', path_of(fd), offset, data, (uint32_t)length);
    return length;
}

#define PWRITE(name, offset_type)                                                                                      \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset) {                                        \
        if (!path_of(fd)) return REAL(name)(fd, data, length, offset);                                                 \
        pthread_mutex_lock(&lock);                                                                                     \
        ssize_t done = written(fd, data, (uint64_t)offset, REAL(name)(fd, data, length, offset));                      \
        pthread_mutex_unlock(&lock);                                                                                   \
        return done;                                                                                                   \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    if (!path_of(fd)) return REAL(write)(fd, data, length);
    pthread_mutex_lock(&lock);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = written(fd, data, (uint64_t)offset, REAL(write)(fd, data, length));
    pthread_mutex_unlock(&lock);
    return done;
}

#define AND_NOTE(call, kind, path, offset)                                                                             \
    pthread_mutex_lock(&lock);                                                                                         \
    int done = call;                                                                                                   \
    if (done == 0) note(kind, path, (uint64_t)(offset), "", 0);                                                        \
    pthread_mutex_unlock(&lock);                                                                                       \
    return done

#define SYNC(name)                                                                                                     \
    int name(int fd) {                                                                                                 \
        if (!path_of(fd)) return REAL(name)(fd);                                                                       \
        AND_NOTE(REAL(name)(fd), 's', path_of(fd), 0);                                                                 \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, length_type)                                                                                    \
    int name(int fd, length_type length) {                                                                             \
        if (!path_of(fd)) return REAL(name)(fd, length);                                                               \
        AND_NOTE(REAL(name)(fd, length), 't', path_of(fd), length);                                                    \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int unlink(const char *path) {
    if (!is_ours(path)) return REAL(unlink)(path);
    AND_NOTE(REAL(unlink)(path), 'u', path, 0);
}
