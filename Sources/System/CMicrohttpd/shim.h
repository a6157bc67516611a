// SPDX-License-Identifier: MIT
// Swift cannot call variadic C functions, nor use enums as bit sets: each use gets one typed wrapper.
#pragma once
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <microhttpd.h>

typedef void *(*cmhd_uri_callback)(void *context, const char *uri, struct MHD_Connection *connection);

// What a daemon is started with; a struct, because options of several types cannot be passed by name from Swift.
struct cmhd_settings {
    int listen_socket;
    unsigned int connection_limit;
    unsigned int per_address_limit; // 0: none
    unsigned int idle_seconds;      // without a byte in either direction
    size_t memory_limit;            // bytes a connection for request line and header
    const char *certificate_pem;    // NULL: no TLS
    const char *key_pem;
    void *context; // given to every callback
    cmhd_uri_callback on_request_line;
    MHD_AccessHandlerCallback on_request;
    MHD_RequestCompletedCallback on_completed;
    MHD_NotifyConnectionCallback on_connection;
};

// MHD_start_daemon is variadic. The listening socket is handed over: the daemon closes it.
static inline struct MHD_Daemon *cmhd_start(const struct cmhd_settings *settings) {
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)settings->certificate_pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)settings->key_pem},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    if (settings->certificate_pem != NULL) flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, settings->on_request, settings->context,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)settings->listen_socket,
        MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->per_address_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->memory_limit,
        MHD_OPTION_URI_LOG_CALLBACK, settings->on_request_line, settings->context,
        MHD_OPTION_NOTIFY_COMPLETED, settings->on_completed, settings->context,
        MHD_OPTION_NOTIFY_CONNECTION, settings->on_connection, settings->context,
        MHD_OPTION_ARRAY, settings->certificate_pem != NULL ? tls : none,
        MHD_OPTION_END);
}

// MHD_get_connection_info is variadic. -1 when the connection has no descriptor.
static inline int cmhd_connection_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

// What the connection callback stored for this socket.
static inline void *cmhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

// The peer's address as text; sockaddr's layouts are awkward in Swift.
static inline int cmhd_peer_address(struct MHD_Connection *connection, char *text, size_t size) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info == NULL || info->client_addr == NULL) return 0;
    const void *address;
    if (info->client_addr->sa_family == AF_INET) {
        address = &((const struct sockaddr_in *)info->client_addr)->sin_addr;
    } else if (info->client_addr->sa_family == AF_INET6) {
        address = &((const struct sockaddr_in6 *)info->client_addr)->sin6_addr;
    } else {
        return 0;
    }
    return inet_ntop(info->client_addr->sa_family, address, text, (socklen_t)size) != NULL;
}

// The memory mode is a closed enum with deprecated members; the one in use is named here.
static inline struct MHD_Response *cmhd_response_copying(const void *bytes, size_t count) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

// Macros with casts are not imported.
static const uint64_t cmhd_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t cmhd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t cmhd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

// POLLRDHUP of <poll.h>, which shows it to GNU sources alone.
static const short cmhd_poll_peer_closed = 0x2000;

// fcntl is variadic. A second descriptor of the same socket, not inherited by children; -1 on failure.
static inline int cmhd_duplicate(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

// ioctl is variadic. Bytes that arrived and were not read yet.
static inline int cmhd_unread_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : 0;
}
