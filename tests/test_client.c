/*
 * test_client.c - the client library against servers that do not keep to the protocol, or hardly.
 *
 * A thread plays the server: it takes one connection, writes all of its frames at once, and reads
 * until the client hangs up.
 */
#include "api/client.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/codec.h"
#include "engine/engine.h"

static struct {
    char folder[32], address[64];
    int listener;
    pthread_t thread;
    struct fasti_codec *codec;
    uint8_t bytes[64 * 1024];
    size_t size;
} fake;

static struct fasti_client *client;
static struct fasti_detail detail;
static const struct fasti_command status_command = {.kind = FASTI_COMMAND_STATUS};

static void setup(void) {
    memset(&fake, 0, sizeof fake);
    strcpy(fake.folder, "/tmp/test_client.XXXXXX");
    cr_assert_not_null(mkdtemp(fake.folder));
    snprintf(fake.address, sizeof fake.address, "unix:%s/s", fake.folder);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, fake.address + strlen("unix:"));
    fake.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fake.listener, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fake.listener, 1), 0);
    fake.codec = fasti_codec_create(4096);
    client = NULL;
    memset(&detail, 0, sizeof detail);
}

static void teardown(void) {
    fasti_client_close(client);
    (void)pthread_join(fake.thread, NULL);
    fasti_codec_destroy(fake.codec);
    close(fake.listener);
    unlink(fake.address + strlen("unix:"));
    rmdir(fake.folder);
}

TestSuite(client, .init = setup, .fini = teardown);

static void *serve(void *unused) {
    uint8_t heard[4096];
    const int fd = accept(fake.listener, NULL, NULL);
    size_t written = 0;
    while (written < fake.size) {
        const ssize_t done = send(fd, fake.bytes + written, fake.size - written, MSG_NOSIGNAL);
        if (done <= 0)
            break;
        written += (size_t)done;
    }
    while (recv(fd, heard, sizeof heard, 0) > 0)
        ;
    close(fd);
    return unused;
}

static void script(struct fasti_bytes frame) {
    cr_assert_leq(fake.size + frame.size, sizeof fake.bytes);
    memcpy(fake.bytes + fake.size, frame.bytes, frame.size);
    fake.size += frame.size;
}

static void script_hello(uint16_t wire_version, uint32_t in_flight_max) {
    const struct fasti_hello_reply reply = {.wire_version = wire_version,
                                            .server = "fake",
                                            .frame_bytes_max = 4096,
                                            .answer_bytes_max = 4096,
                                            .in_flight_max = in_flight_max,
                                            .batch_max = 1};
    script(fasti_codec_encode_hello_reply(fake.codec, &reply));
}

static void script_answer(uint64_t id, enum fasti_status status, const char *sentence) {
    struct fasti_answer answer = {.tag = id, .status = status};
    if (status == FASTI_OK) {
        answer.kind = FASTI_COMMAND_RESOLVE;
        answer.outcome = FASTI_OUTCOME_FOUND;
        answer.id = (uint32_t)id * 10;
    }
    (void)fasti_detail_set(&answer.detail, status, "%s", sentence);
    script(fasti_codec_encode_answer(fake.codec, &answer));
}

static enum fasti_status connect_client(void) {
    cr_assert_eq(pthread_create(&fake.thread, NULL, serve, NULL), 0);
    return fasti_client_open(fake.address, 5000, &client, &detail);
}

Test(client, a_wire_version_that_nobody_asked_for_is_refused) {
    script_hello(2, 8);
    cr_assert_eq(connect_client(), FASTI_INVALID_VERSION);
    cr_assert_not_null(strstr(detail.text, "wire version 2"), "%s", detail.text);
}

Test(client, a_server_that_takes_nothing_is_refused) {
    script_hello(1, 0);
    cr_assert_eq(connect_client(), FASTI_INVALID_MESSAGE);
}

Test(client, no_more_is_sent_than_the_server_takes) {
    script_hello(1, 3);
    for (uint64_t id = 1; id <= 4; id++)
        script_answer(id, FASTI_OK, "");
    cr_assert_eq(connect_client(), FASTI_OK, "%s", detail.text);
    for (uint64_t tag = 0; tag < 3; tag++)
        cr_assert_eq(fasti_client_send(client, &status_command, tag), FASTI_OK);
    cr_assert_eq(fasti_client_send(client, &status_command, 3), FASTI_BUSY);
    struct fasti_answer answer;
    cr_assert_eq(fasti_client_receive(client, &answer), FASTI_OK);
    cr_assert_eq(answer.tag, 0, "the tag is the caller's, the id on the wire is not 0");
    cr_assert_eq(answer.id, 10);
    cr_assert_eq(fasti_client_send(client, &status_command, 3), FASTI_OK);
    cr_assert_eq(fasti_client_in_flight(client), 3);
    for (uint64_t tag = 1; tag <= 3; tag++) {
        cr_assert_eq(fasti_client_receive(client, &answer), FASTI_OK);
        cr_assert_eq(answer.tag, tag);
    }
}

Test(client, a_command_larger_than_the_server_takes_is_not_sent) {
    static struct fasti_opening openings[100];
    struct fasti_command command = {.kind = FASTI_COMMAND_PUT};
    command.body.put.kind = FASTI_ENTITY_OPENINGS;
    command.body.put.id = (struct fasti_id_text){1, "s"};
    command.body.put.body.openings.mode = FASTI_OPENINGS_REMOVE;
    command.body.put.body.openings.count = 100;
    command.body.put.body.openings.openings = openings;
    for (uint32_t i = 0; i < 100; i++) {
        openings[i].id.length = FASTI_ID_BYTES_MAX;
        memset(openings[i].id.bytes, 'x', FASTI_ID_BYTES_MAX);
    }
    script_hello(1, 8);
    cr_assert_eq(connect_client(), FASTI_OK, "%s", detail.text);
    cr_assert_eq(fasti_client_send(client, &command, 1), FASTI_LIMIT_MESSAGE);
    cr_assert_eq(fasti_client_in_flight(client), 0);
}

Test(client, what_the_server_says_of_the_connection_is_no_answer) {
    script_hello(1, 8);
    script_answer(0, FASTI_BUSY, "it has too much to do");
    cr_assert_eq(connect_client(), FASTI_OK, "%s", detail.text);
    cr_assert_eq(fasti_client_fault(client)->text[0], '\0');
    struct fasti_answer answer;
    cr_assert_eq(fasti_client_call(client, &status_command, &answer), FASTI_UNREACHABLE);
    cr_assert_str_eq(fasti_client_fault(client)->text, "it has too much to do (BUSY)");
    cr_assert_eq(fasti_client_call(client, &status_command, &answer), FASTI_INVALID_STATE,
                 "what was on its way has no answer");
}

Test(client, an_answer_to_another_call_is_none) {
    script_hello(1, 8);
    script_answer(7, FASTI_OK, "");
    cr_assert_eq(connect_client(), FASTI_OK, "%s", detail.text);
    struct fasti_answer answer;
    cr_assert_eq(fasti_client_call(client, &status_command, &answer), FASTI_UNREACHABLE);
    cr_assert_eq(fasti_client_call(client, &status_command, &answer), FASTI_UNREACHABLE);
}
