#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>

// What the daemon calls; it must outlive the daemon. All get `context` first.
struct reconcile_http_hooks {
  void *context;
  MHD_NotifyConnectionCallback connection;
  void *(*request_line)(void *context, const char *target, struct MHD_Connection *connection);
  MHD_AccessHandlerCallback request;
  MHD_RequestCompletedCallback completed;
  void (*message)(void *context, const char *text);
};

// A va_list cannot be taken apart in Swift.
static inline void reconcile_http_message(void *hooks, const char *format, va_list values) {
  const struct reconcile_http_hooks *to = (const struct reconcile_http_hooks *)hooks;
  char text[512];
  vsnprintf(text, sizeof text, format, values);
  to->message(to->context, text);
}

// MHD_start_daemon is variadic, which Swift cannot call. The daemon neither listens nor has
// timeouts: both are the caller's, who adds connections and shuts them down.
static inline struct MHD_Daemon *reconcile_http_start(
    const struct reconcile_http_hooks *hooks, unsigned int connections, size_t memory) {
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC |
          MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
      0, NULL, NULL, hooks->request, hooks->context,
      // First, so that it hears of what is wrong with the others.
      MHD_OPTION_EXTERNAL_LOGGER, reconcile_http_message, hooks,
      MHD_OPTION_NOTIFY_CONNECTION, hooks->connection, hooks->context,
      MHD_OPTION_URI_LOG_CALLBACK, hooks->request_line, hooks->context,
      MHD_OPTION_NOTIFY_COMPLETED, hooks->completed, hooks->context,
      MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_END);
}

// MHD_get_connection_info is variadic.
static inline int reconcile_http_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

static inline size_t reconcile_http_header_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}
