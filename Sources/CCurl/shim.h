// The checks of types are macros, which look at nothing that Swift calls.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// What a transfer calls, on the thread that performs it; all get `context`.
struct reconcile_curl_hooks {
  void *context;
  size_t (*field)(char *bytes, size_t size, size_t count, void *context);
  size_t (*body)(char *bytes, size_t size, size_t count, void *context);
  int (*progress)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
};

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call.
static inline CURLcode reconcile_curl_number(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode reconcile_curl_text(CURL *curl, CURLoption option, const char *value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode reconcile_curl_fields(CURL *curl, struct curl_slist *fields) {
  return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
}

// The bytes must outlive the transfer.
static inline CURLcode reconcile_curl_body(CURL *curl, const void *bytes, size_t count) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  // Without bytes the library would read them from the standard input.
  return code ? code : curl_easy_setopt(curl, CURLOPT_POSTFIELDS, bytes ? bytes : "");
}

// The hooks, and the buffer for words about an error, must outlive the transfer.
static inline void reconcile_curl_hook(
    CURL *curl, const struct reconcile_curl_hooks *hooks, char *words) {
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hooks->field);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, hooks->context);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, hooks->body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, hooks->context);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, hooks->progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, hooks->context);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static inline long reconcile_curl_status(CURL *curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

static inline CURLcode reconcile_curl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
