/* LD_PRELOAD shim: what a power cut leaves. At every fsync and fdatasync of a file whose path holds POWERLOSS_MATCH the
 * file as it is now is copied into POWERLOSS_DIR: only that copy is sure to be on a disk behind a volatile cache.
 * gcc -shared -fPIC -o powerloss.so powerloss.c -ldl */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void keep(int fd) {
    char link[64], path[PATH_MAX], out[PATH_MAX], draft[PATH_MAX + 32], part[65536];
    const char *match = getenv("POWERLOSS_MATCH"), *directory = getenv("POWERLOSS_DIR");
    if (!match || !directory) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return;
    path[n] = 0;
    if (!strstr(path, match)) return;
    pthread_mutex_lock(&lock);
    snprintf(out, sizeof out, "%s/%s", directory, strrchr(path, '/') + 1);
    snprintf(draft, sizeof draft, "%s.draft%d", out, getpid());
    int from = open(path, O_RDONLY), to = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (from >= 0 && to >= 0 && (n = read(from, part, sizeof part)) > 0)
        if (write(to, part, n) != n) break;
    if (from >= 0) close(from);
    if (to >= 0) close(to);
    rename(draft, out);
    pthread_mutex_unlock(&lock);
}

int fsync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    int result = real(fd);
    keep(fd);
    return result;
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int result = real(fd);
    keep(fd);
    return result;
}
