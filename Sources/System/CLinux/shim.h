// SPDX-License-Identifier: MIT
// System calls that Glibc's module does not carry, or that Swift cannot call because they are variadic or macros.
// Never define _GNU_SOURCE here: headers shared with Swift's own Glibc module would then differ from its view of them.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// open(2), fcntl(2) and prctl(2) are variadic.
static inline int clinux_open(const char *path, int flags, unsigned int mode) {
    return open(path, flags | O_CLOEXEC, (mode_t)mode);
}
static inline int clinux_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}
static inline int clinux_forbid_core_dumps(void) {
    struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_CORE, &none);
}
static inline int clinux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL); }

// pipe2 is declared for _GNU_SOURCE alone.
static inline int clinux_pipe(int *ends) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }
static inline int clinux_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0U); }

// Looks at an exited child without reaping it. Returns 1 when it has exited, 0 when it runs, -1 with errno set.
// A death by signal n is told as 128 + n, as shells and container runtimes do.
static inline int clinux_peek_exit(pid_t process, int *code) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
    if (info.si_pid == 0) return 0;
    *code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    return 1;
}

// The process id of any exited child that nobody has reaped yet, or 0.
static inline pid_t clinux_peek_any_exited_child(void) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return 0;
    return info.si_pid;
}
static inline int clinux_reap(pid_t process) {
    int status;
    return waitpid(process, &status, WNOHANG) == process ? 0 : -1;
}

// GNU extensions of posix_spawn.
static inline int clinux_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}
static inline int clinux_spawn_add_closefrom(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

// epoll_event holds a union that is clumsy from Swift; one 64-bit token is all we store.
static inline int clinux_epoll_set(
    int epoll, int operation, int descriptor, unsigned int events, unsigned long long token) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = events;
    event.data.u64 = token;
    return epoll_ctl(epoll, operation, descriptor, &event);
}
// Waits and hands out up to `capacity` pairs; returns how many, or -1 with errno set.
static inline int clinux_epoll_wait(
    int epoll, unsigned long long *tokens, unsigned int *events, int capacity, int timeout_milliseconds) {
    struct epoll_event ready[64];
    if (capacity > 64) capacity = 64;
    int count = epoll_wait(epoll, ready, capacity, timeout_milliseconds);
    for (int index = 0; index < count; index++) {
        tokens[index] = ready[index].data.u64;
        events[index] = ready[index].events;
    }
    return count;
}
// EPOLL flags are an enum of mixed signedness in C; plain constants import better.
static const unsigned int CLINUX_EPOLL_READABLE = EPOLLIN;
static const unsigned int CLINUX_EPOLL_WRITABLE = EPOLLOUT;
static const unsigned int CLINUX_EPOLL_BROKEN = EPOLLERR | EPOLLHUP;
static inline int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

// A thread that blocks SIGPIPE for itself: writing to a pipe whose reader is gone then answers EPIPE
// instead of killing the process, whatever the rest of the program has set up.
static inline int clinux_start_thread(void *(*body)(void *), void *context) {
    pthread_t thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return -1;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&thread, &attributes, body, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return result;
}

// flock(2) collides with the struct of the same name in Swift.
static inline int clinux_lock_exclusively(int descriptor, int wait) {
    return flock(descriptor, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
}
// strerror_r has two shapes, chosen by feature macros; this is the symbol of the POSIX one.
int __xpg_strerror_r(int code, char *buffer, size_t length);
static inline int clinux_describe_error(int code, char *buffer, size_t length) {
    return __xpg_strerror_r(code, buffer, length);
}
// `environ` is a mutable global, which Swift 6 refuses.
extern char **environ;
static inline char **clinux_environment(void) { return environ; }
static inline int clinux_pidfd_send_signal(int handle, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, handle, signal, NULL, 0U);
}
// The same calls with parameters that may be null for Swift's empty buffers.
static inline ssize_t clinux_read_link(const char *path, void *buffer, size_t length) {
    return readlink(path, (char *)buffer, length);
}
static inline int clinux_make_folder(char *template_) { return mkdtemp(template_) == NULL ? -1 : 0; }
static inline int clinux_host_name(void *buffer, size_t length) { return gethostname((char *)buffer, length); }
// The S_IS… tests are function-like macros, and the masks exist twice in Swift.
static inline int clinux_file_kind(unsigned int mode) {
    return S_ISREG(mode) ? 0 : S_ISDIR(mode) ? 1 : S_ISLNK(mode) ? 2 : 3;
}

// Sockets on loopback. Socket addresses need casts that Swift only does with unsafe pointers, and the flags are enums.
static inline struct sockaddr_in clinux_loopback(unsigned short port) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}
static inline int clinux_tcp_socket(void) {
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // What is written goes out as it was written: chunks of a test stay chunks.
    if (descriptor >= 0) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return descriptor;
}
static inline int clinux_bind_loopback(int descriptor, unsigned short port) {
    struct sockaddr_in address = clinux_loopback(port);
    int one = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    return listen(descriptor, 1024);
}
// The port that a socket is bound to, or -1 with errno set.
static inline int clinux_bound_port(int descriptor) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) return -1;
    return ntohs(address.sin_port);
}
// 0 also when the connection is still being made.
static inline int clinux_connect_loopback(int descriptor, unsigned short port) {
    struct sockaddr_in address = clinux_loopback(port);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return 0;
    return errno == EINPROGRESS ? 0 : -1;
}
static inline int clinux_accept(int descriptor) {
    int one = 1, accepted = (int)accept(descriptor, NULL, NULL);
    if (accepted < 0) return -1;
    fcntl(accepted, F_SETFD, FD_CLOEXEC);
    clinux_set_nonblocking(accepted);
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return accepted;
}
// The errno that a socket's background work ended with, or 0.
static inline int clinux_socket_error(int descriptor) {
    int code = 0;
    socklen_t length = sizeof code;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno;
}
// Closing then sends RST and drops what was not sent.
static inline int clinux_reset_on_close(int descriptor) {
    struct linger linger = {1, 0};
    return setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}
static inline ssize_t clinux_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL);
}
static inline int clinux_end_writing(int descriptor) { return shutdown(descriptor, SHUT_WR); }

// Gives free memory of the heap back to the system; malloc.h is not in Glibc's module.
static inline int clinux_trim_heap(void) { return malloc_trim(0); }
// Bounds how many heaps threads are given.
static inline int clinux_limit_arenas(int count) { return mallopt(M_ARENA_MAX, count); }

// <link.h> declares dl_iterate_phdr(3) and its struct for _GNU_SOURCE alone; these are the struct's first members.
struct clinux_loaded_object {
    ElfW(Addr) base;
    const char *name;
    const ElfW(Phdr) *segments;
    ElfW(Half) count;
};
extern int clinux_iterate_objects(
    int (*body)(struct clinux_loaded_object *object, size_t size, void *context), void *context
) __asm__("dl_iterate_phdr");
// Only segments that were never writable: nothing in them differs from the file, so that the kernel can read it again.
static inline int clinux_forget_object(struct clinux_loaded_object *object, size_t size, void *context) {
    (void)size;
    const ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->count; index++) {
        const ElfW(Phdr) *segment = &object->segments[index];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        ElfW(Addr) start = (object->base + segment->p_vaddr) & ~(page - 1);
        ElfW(Addr) end = (object->base + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
        // A page in which a writable segment begins belongs to that one.
        for (int other = 0; other < object->count; other++) {
            const ElfW(Phdr) *next = &object->segments[other];
            if (next->p_type != PT_LOAD || !(next->p_flags & PF_W)) continue;
            ElfW(Addr) first = (object->base + next->p_vaddr) & ~(page - 1);
            ElfW(Addr) last = (object->base + next->p_vaddr + next->p_memsz - 1) & ~(page - 1);
            if (first < end && first >= start) end = first;
            if (last >= start && last < end) start = last + page;
        }
        if (start < end && madvise((void *)start, end - start, MADV_DONTNEED) == 0) *(size_t *)context += end - start;
    }
    return 0;
}
// Unmaps what the process read of its program and libraries, until it is needed again; the number of bytes looked at.
static inline size_t clinux_forget_program_pages(void) {
    size_t bytes = 0;
    clinux_iterate_objects(clinux_forget_object, &bytes);
    return bytes;
}
