#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "BaselineC.h"

static natsStatus connect_asap(natsConnection **connection, const char *url) {
  natsOptions *options = NULL;
  natsStatus status = natsOptions_Create(&options);
  if (status == NATS_OK) status = natsOptions_SetURL(options, url);
  if (status == NATS_OK) status = natsOptions_SetSendAsap(options, true);
  if (status == NATS_OK) status = natsConnection_Connect(connection, options);
  natsOptions_Destroy(options);
  return status;
}

// One who answers.

struct baseline_responder {
  natsConnection *connection;
  natsSubscription *subscription;
};

static void answer(
    natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
  (void)subscription, (void)closure;
  natsConnection_Publish(
      connection, natsMsg_GetReply(message), natsMsg_GetData(message),
      natsMsg_GetDataLength(message));
  natsMsg_Destroy(message);
}

struct baseline_responder *baseline_responder_start(const char *url, const char *subject) {
  struct baseline_responder *responder = calloc(1, sizeof *responder);
  if (!responder) return NULL;
  if (connect_asap(&responder->connection, url) == NATS_OK
      && natsConnection_Subscribe(
             &responder->subscription, responder->connection, subject, answer, NULL) == NATS_OK
      && natsConnection_Flush(responder->connection) == NATS_OK)
    return responder;
  baseline_responder_stop(responder);
  return NULL;
}

void baseline_responder_stop(struct baseline_responder *responder) {
  natsSubscription_Destroy(responder->subscription);
  natsConnection_Destroy(responder->connection);
  free(responder);
}

// One who asks: the answer to a request sends the next one.

struct asking {
  const char *subject, *inbox;
  char *payload;
  int size, sent, answered, total;
  pthread_mutex_t mutex;
  pthread_cond_t done;
};

static void ask(natsConnection *connection, struct asking *asking) {
  char reply[96];
  snprintf(reply, sizeof reply, "%s.%x", asking->inbox, asking->sent++);
  natsConnection_PublishRequest(
      connection, asking->subject, reply, asking->payload, asking->size);
}

static void note_answer(
    natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
  (void)subscription;
  struct asking *asking = closure;
  natsMsg_Destroy(message);
  pthread_mutex_lock(&asking->mutex);
  asking->answered++;
  if (asking->sent < asking->total) ask(connection, asking);
  if (asking->answered == asking->total) pthread_cond_signal(&asking->done);
  pthread_mutex_unlock(&asking->mutex);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

// Waits for the last answer, half a minute at most.
static int wait_for_all(struct asking *asking) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += 30;
  int status = 0;
  while (status == 0 && asking->answered < asking->total)
    status = pthread_cond_timedwait(&asking->done, &asking->mutex, &deadline);
  return status;
}

int64_t baseline_nats_requests(
    const char *url, const char *subject, int in_flight, int total, int size) {
  natsConnection *connection = NULL;
  natsSubscription *subscription = NULL;
  natsInbox *inbox = NULL;
  int64_t taken = -1;
  struct asking asking = {.subject = subject, .size = size, .total = total};
  pthread_mutex_init(&asking.mutex, NULL);
  pthread_cond_init(&asking.done, NULL);
  asking.payload = calloc(1, (size_t)size);
  char answers[96];
  if (asking.payload && connect_asap(&connection, url) == NATS_OK
      && natsInbox_Create(&inbox) == NATS_OK
      && snprintf(answers, sizeof answers, "%s.*", inbox) < (int)sizeof answers
      && natsConnection_Subscribe(&subscription, connection, answers, note_answer, &asking)
             == NATS_OK
      && natsConnection_Flush(connection) == NATS_OK) {
    asking.inbox = inbox;
    int64_t start = now();
    pthread_mutex_lock(&asking.mutex);
    while (asking.sent < in_flight && asking.sent < total) ask(connection, &asking);
    if (wait_for_all(&asking) == 0) taken = now() - start;
    pthread_mutex_unlock(&asking.mutex);
  }
  natsSubscription_Destroy(subscription);
  natsConnection_Destroy(connection);
  natsInbox_Destroy(inbox);
  free(asking.payload);
  pthread_cond_destroy(&asking.done);
  pthread_mutex_destroy(&asking.mutex);
  return taken;
}
