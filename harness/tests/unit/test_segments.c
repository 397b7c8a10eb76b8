/* Frames <-> messages: what is split is joined again, and what is hostile stays small. */
#include "ksy.h"

#include "model/segments.h"

enum { MAXIMUM = 1 << 16, FRAMES = 64 };

/* A byte for flags (1: last, 2: stream) and a number from 0 to 3, then bytes. */
static const char numbered[] = "meta: {id: m, endian: be}\n"
                               "-percuss-framing:\n"
                               "  {kind: length, offset: 0, width: 1, adjust: 1, "
                               "maximum: 256}\n"
                               "seq:\n"
                               "  - {id: length, type: u1}\n"
                               "  - {id: body, size: length, type: piece}\n"
                               "types:\n"
                               "  piece:\n"
                               "    -percuss-segments:\n"
                               "      bytes: text\n"
                               "      maximum: 4\n"
                               "      last: (flags & 1) == 1\n"
                               "      stream: flags & 2\n"
                               "      more: {flags: flags & 2}\n"
                               "      next: {number: (number + 1) % 4}\n"
                               "    seq:\n"
                               "      - {id: flags, type: u1, valid: {max: 3}}\n"
                               "      - {id: number, type: u1, valid: {max: 3}}\n"
                               "      - {id: text, type: text, size-eos: true}\n"
                               "  text:\n"
                               "    seq:\n"
                               "      - {id: letter, type: u1, valid: {min: 0x61}}\n"
                               "      - {id: rest, size-eos: true}\n";

struct world {
    struct model *lis, *dicom;
    struct splitter splitter;
    struct joiner joiner;
    struct tree tree, whole;
    struct buffer bytes, wire;
    size_t lengths[FRAMES], frames;
};

static int open_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->lis = need_model(PROJECT_FOLDER "/targets/lis/lis1a.ksy");
    world->dicom = need_model(PROJECT_FOLDER "/targets/dicom/dicom_ul.ksy");
    world->bytes = buffer_make(MAXIMUM);
    world->wire = buffer_make(MAXIMUM);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;

    model_free(world->lis);
    model_free(world->dicom);
    buffer_free(&world->bytes);
    buffer_free(&world->wire);
    free(world);
    return 0;
}

static void use(struct world *world, const struct model *model)
{
    splitter_init(&world->splitter, model);
    joiner_init(&world->joiner, model, MAXIMUM);
    tree_init(&world->tree, model);
    tree_init(&world->whole, model);
}

static void put_away(struct world *world)
{
    splitter_free(&world->splitter);
    joiner_free(&world->joiner);
    tree_free(&world->tree);
    tree_free(&world->whole);
}

static int keep_frame(void *context, struct view frame)
{
    struct world *world = context;

    assert_true(world->frames < FRAMES);
    world->lengths[world->frames++] = frame.length;
    return buffer_append(&world->wire, frame);
}

static void put(struct buffer *buffer, const char *hex)
{
    assert_int_equal(bytes_from_hex(buffer, hex), 0);
}

/* Parses world->bytes, makes what follows from the content right, and splits. */
static void split(struct world *world, size_t maximum)
{
    struct buffer right = buffer_make(MAXIMUM);

    assert_int_equal(tree_parse(&world->whole, buffer_view(&world->bytes), false), 0);
    assert_int_equal(tree_emit(&world->whole, &right), 0);
    buffer_clear(&world->bytes);
    assert_int_equal(buffer_append(&world->bytes, buffer_view(&right)), 0);
    buffer_free(&right);
    assert_int_equal(tree_parse(&world->whole, buffer_view(&world->bytes), false), 0);
    buffer_clear(&world->wire);
    world->frames = 0;
    assert_int_equal(splitter_run(&world->splitter, &world->whole,
                                  buffer_view(&world->bytes), &world->whole, maximum,
                                  keep_frame, world),
                     0);
}

static struct view frame_at(const struct world *world, size_t index)
{
    size_t offset = 0;

    for (size_t i = 0; i < index; i++)
        offset += world->lengths[i];
    return view_slice(buffer_view(&world->wire), offset, world->lengths[index]);
}

/* Gives the joiner a frame; the frame itself must keep every rule once its pieces are
 * plain bytes. */
static int take(struct world *world, struct view frame)
{
    size_t length;

    assert_int_equal(framing_split(model_framing(world->tree.model), frame, &length),
                     FRAME_WHOLE);
    assert_int_equal(length, frame.length);
    assert_int_equal(tree_parse(&world->tree, frame, false), 0);
    return joiner_take(&world->joiner, &world->tree, frame);
}

/* --- LIS ---------------------------------------------------------------------------- */

/* A frame with one record of that many characters, its CR among them; its number and
 * checksum are for splitting to find. */
static void put_record(struct world *world, size_t length)
{
    buffer_clear(&world->bytes);
    put(&world->bytes, "02 31");
    for (size_t i = 0; i < length; i++)
        buffer_append_byte(&world->bytes, i + 1 == length ? '\r'
                                          : i == 0        ? 'C'
                                          : i == 1        ? '|'
                                                          : (uint8_t)('a' + i % 26));
    put(&world->bytes, "03 30 30 0d 0a");
}

static void check_record(struct world *world, size_t length)
{
    size_t pieces = length <= 240 ? 1 : (length + 239) / 240;

    joiner_reset(&world->joiner);
    put_record(world, length);
    split(world, 240);
    assert_int_equal(world->frames, pieces);
    for (size_t i = 0; i < pieces; i++) {
        struct view frame = frame_at(world, i);
        int status = take(world, frame);

        assert_int_equal(frame.data[1], '0' + (1 + i) % 8);
        assert_int_equal(frame.data[frame.length - 5], i + 1 == pieces ? 0x03 : 0x17);
        assert_true(frame.length <= 240 + 7);
        assert_int_equal(world->joiner.problem, SEGMENT_FINE);
        assert_int_equal(status, pieces == 1 || length == 0 ? SEGMENT_ALONE
                                 : i + 1 < pieces           ? SEGMENT_PART
                                                            : SEGMENT_WHOLE);
        if (pieces > 1)
            assert_int_equal(world->tree.violation_count, 0);
    }
    if (pieces == 1)
        return;
    assert_int_equal(world->joiner.pieces, pieces);
    assert_int_equal(world->joiner.tree.violation_count, 0);
    assert_int_equal(world->joiner.frame.length, length + 7);
    assert_memory_equal(world->joiner.frame.data + 2, world->bytes.data + 2, length);
}

static void records_of_any_length_come_back(void **state)
{
    struct world *world = *state;

    use(world, world->lis);
    assert_true(model_has_segments(world->lis) && model_acknowledges(world->lis));
    assert_int_equal(model_piece_maximum(world->lis), 240);
    for (size_t length = 0; length <= 3 * 240 + 3; length++)
        check_record(world, length);
    check_record(world, 10000);
    put_away(world);
}

static void a_frame_that_comes_again_counts_once(void **state)
{
    struct world *world = *state;

    use(world, world->lis);
    put_record(world, 500);
    split(world, 240);
    assert_int_equal(world->frames, 3);
    assert_int_equal(take(world, frame_at(world, 0)), SEGMENT_PART);
    assert_int_equal(take(world, frame_at(world, 0)), SEGMENT_PART);
    assert_int_equal(world->joiner.problem, SEGMENT_REPEATED);
    /* One that arrives broken is sent again. */
    world->wire.data[world->lengths[0] + 20] ^= 1;
    assert_int_equal(take(world, frame_at(world, 1)), SEGMENT_ALONE);
    assert_true(world->tree.violation_count > 0);
    world->wire.data[world->lengths[0] + 20] ^= 1;
    assert_int_equal(take(world, frame_at(world, 1)), SEGMENT_PART);
    assert_int_equal(world->joiner.problem, SEGMENT_FINE);
    assert_int_equal(take(world, frame_at(world, 2)), SEGMENT_WHOLE);
    assert_int_equal(world->joiner.frame.length, 507);
    assert_int_equal(take(world, frame_at(world, 2)), SEGMENT_PART);
    assert_int_equal(world->joiner.problem, SEGMENT_REPEATED);
    put_away(world);
}

static void a_missing_frame_loses_the_message(void **state)
{
    struct world *world = *state;

    use(world, world->lis);
    put_record(world, 900);
    split(world, 240);
    assert_int_equal(world->frames, 4);
    assert_int_equal(take(world, frame_at(world, 0)), SEGMENT_PART);
    assert_int_equal(take(world, frame_at(world, 2)), SEGMENT_PART);
    assert_int_equal(world->joiner.problem, SEGMENT_ORDER);
    assert_int_equal(take(world, frame_at(world, 3)), SEGMENT_PART);
    assert_false(joiner_is_open(&world->joiner));
    check_record(world, 500);
    put_away(world);
}

static void the_end_of_a_session_ends_its_message(void **state)
{
    struct world *world = *state;

    use(world, world->lis);
    put_record(world, 500);
    split(world, 240);
    assert_int_equal(take(world, frame_at(world, 0)), SEGMENT_PART);
    assert_true(joiner_is_open(&world->joiner));
    assert_int_equal(take(world, view_text("\x04")), SEGMENT_ALONE);
    assert_int_equal(world->joiner.problem, SEGMENT_UNFINISHED);
    assert_false(joiner_is_open(&world->joiner));
    check_record(world, 500);
    put_away(world);
}

static void a_changed_number_is_wrong_in_the_last_frame_only(void **state)
{
    struct world *world = *state;
    struct tree changed = {0};
    struct buffer bytes = buffer_make(MAXIMUM);

    use(world, world->lis);
    put_record(world, 500);
    split(world, 240);
    tree_init(&changed, world->lis);
    assert_int_equal(tree_copy(&changed, &world->whole), 0);
    tree_set_integer(&changed, tree_find(&changed, "frame.number"), '7', true);
    tree_set_integer(&changed, tree_find(&changed, "frame.checksum"), 1, true);
    assert_int_equal(tree_emit(&changed, &bytes), 0);
    buffer_clear(&world->wire);
    world->frames = 0;
    assert_int_equal(splitter_run(&world->splitter, &changed, buffer_view(&bytes),
                                  &world->whole, 240, keep_frame, world),
                     0);
    assert_int_equal(world->frames, 3);
    assert_int_equal(take(world, frame_at(world, 0)), SEGMENT_PART);
    assert_int_equal(take(world, frame_at(world, 1)), SEGMENT_PART);
    assert_int_equal(frame_at(world, 2).data[1], '7');
    assert_int_equal(take(world, frame_at(world, 2)), SEGMENT_ALONE);
    assert_true(world->tree.violation_count > 0);
    tree_free(&changed);
    buffer_free(&bytes);
    put_away(world);
}

/* --- DICOM -------------------------------------------------------------------------- */

static void put_pdv(struct buffer *bytes, uint8_t control, const uint8_t *data,
                    size_t length)
{
    uint8_t head[6] = {0, 0, 0, 0, 3, control};

    bytes_write_be(head, 4, length + 2);
    assert_int_equal(buffer_append(bytes, (struct view){head, sizeof head}), 0);
    assert_int_equal(buffer_append(bytes, (struct view){data, length}), 0);
}

/* One PDU with a command set and a data set of one element. */
static void put_store(struct world *world, size_t value)
{
    static const uint8_t command[] = {0, 0, 0, 0, 4, 0, 0, 0, 20,   0, 0, 0, 0, 0, 0, 1,
                                      2, 0, 0, 0, 1, 0, 0, 0, 0x10, 1, 2, 0, 0, 0, 7, 0};
    uint8_t *data = calloc(1, value + 8);
    uint8_t head[6] = {4, 0};

    assert_non_null(data);
    memcpy(data, "\x10\x00\x20\x00", 4);
    bytes_write_le(data + 4, 4, value);
    for (size_t i = 0; i < value; i++)
        data[8 + i] = (uint8_t)(i * 7);
    bytes_write_be(head + 2, 4, 6 + sizeof command + 6 + 8 + value);
    buffer_clear(&world->bytes);
    assert_int_equal(buffer_append(&world->bytes, (struct view){head, sizeof head}), 0);
    put_pdv(&world->bytes, 3, command, sizeof command);
    put_pdv(&world->bytes, 2, data, value + 8);
    free(data);
}

static void check_store(struct world *world, size_t value, size_t maximum)
{
    size_t length, data_frames = (8 + value + maximum - 1) / maximum;

    put_store(world, value);
    split(world, maximum);
    assert_int_equal(world->frames, 1 + data_frames);
    assert_int_equal(take(world, frame_at(world, 0)), SEGMENT_ALONE);
    for (size_t i = 1; i <= data_frames; i++) {
        assert_int_equal(take(world, frame_at(world, i)), data_frames == 1 ? SEGMENT_ALONE
                                                          : i < data_frames
                                                              ? SEGMENT_PART
                                                              : SEGMENT_WHOLE);
        assert_int_equal(world->tree.violation_count, 0);
    }
    assert_int_equal(joiner_read(&world->joiner, buffer_view(&world->wire), false,
                                 &world->tree, &length),
                     0);
    assert_int_equal(length, world->wire.length);
    assert_int_equal(world->tree.violation_count, 0);
    assert_true(
        view_equal(buffer_view(&world->joiner.frame), buffer_view(&world->bytes)));
}

static void data_sets_of_any_length_come_back(void **state)
{
    struct world *world = *state;

    use(world, world->dicom);
    assert_false(model_acknowledges(world->dicom));
    for (size_t value = 0; value < 200; value++)
        check_store(world, value, 32);
    check_store(world, 16370, 16378);
    check_store(world, 16371, 16378);
    check_store(world, 40000, 16378);
    put_away(world);
}

static void only_whole_messages_are_read_as_one(void **state)
{
    struct world *world = *state;
    size_t first, length;

    use(world, world->dicom);
    put_store(world, 100);
    split(world, 32);
    first = world->lengths[0];
    for (size_t cut = 1; cut < world->wire.length; cut++) {
        struct view bytes = view_slice(buffer_view(&world->wire), 0, cut);

        assert_int_equal(joiner_read(&world->joiner, bytes, false, &world->tree, &length),
                         0);
        assert_int_equal(length, cut < first ? cut : first);
    }
    /* An association request among the pieces. */
    world->wire.data[first] = 5;
    assert_int_equal(joiner_read(&world->joiner, buffer_view(&world->wire), false,
                                 &world->tree, &length),
                     0);
    assert_int_equal(length, first);
    put_away(world);
}

/* --- hostile ------------------------------------------------------------------------ */

static int take_hex(struct world *world, const char *hex)
{
    buffer_clear(&world->wire);
    put(&world->wire, hex);
    return take(world, buffer_view(&world->wire));
}

static void streams_are_kept_apart(void **state)
{
    struct world *world = *state;
    struct error error = {""};
    struct model *model = ksy_load(numbered, &error);

    assert_non_null(model);
    use(world, model);
    assert_int_equal(take_hex(world, "04 00 00 61 62"), SEGMENT_PART);
    assert_int_equal(take_hex(world, "04 02 03 63 64"), SEGMENT_PART);
    assert_int_equal(take_hex(world, "03 03 00 01"), SEGMENT_WHOLE);
    assert_int_equal(world->joiner.pieces, 2);
    assert_memory_equal(world->joiner.frame.data, "\x05\x03\x00\x63\x64\x01", 6);
    /* The first letter of what was joined is right, that of the piece was not. */
    assert_int_equal(world->joiner.tree.violation_count, 0);
    assert_int_equal(world->tree.violation_count, 0);
    assert_int_equal(take_hex(world, "03 01 01 01"), SEGMENT_WHOLE);
    assert_memory_equal(world->joiner.frame.data, "\x05\x01\x01\x61\x62\x01", 6);
    /* Wrong outside of the piece's bytes: not taken. */
    assert_int_equal(take_hex(world, "03 04 01 01"), SEGMENT_ALONE);
    assert_true(world->tree.violation_count > 0);
    /* A joined message may break the rules, and says so. */
    assert_int_equal(take_hex(world, "03 00 00 01"), SEGMENT_PART);
    assert_int_equal(take_hex(world, "03 01 01 61"), SEGMENT_WHOLE);
    assert_int_equal(world->joiner.tree.violation_count, 1);
    put_away(world);
    model_free(model);
}

static void pieces_without_end_stay_small(void **state)
{
    struct world *world = *state;
    struct error error = {""};
    struct model *model = ksy_load(numbered, &error);
    char hex[32];
    bool told = false;

    assert_non_null(model);
    use(world, model);
    for (unsigned i = 0; i < 3 * MAXIMUM; i++) {
        snprintf(hex, sizeof hex, "04 00 %02x 61 62", i % 4);
        assert_int_equal(take_hex(world, hex), SEGMENT_PART);
        told |= world->joiner.problem == SEGMENT_LONG;
        for (size_t k = 0; k < JOINER_STREAMS; k++)
            assert_true(world->joiner.joins[k].bytes.length <= MAXIMUM);
    }
    assert_true(told);
    assert_int_equal(take_hex(world, "04 01 00 61 62"), SEGMENT_PART);
    assert_int_equal(take_hex(world, "04 01 01 61 62"), SEGMENT_ALONE);
    put_away(world);
    model_free(model);
}

/* The end of a data set and the beginning of the next one in one PDU, and again. */
static void a_message_may_begin_in_the_frame_that_ends_another(void **state)
{
    struct world *world = *state;

    use(world, world->dicom);
    assert_int_equal(take_hex(world, "04 00 00000007 00000003 03 00 41"), SEGMENT_PART);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(
            take_hex(world, "04 00 0000000e 00000003 03 02 42 00000003 03 00 43"),
            SEGMENT_WHOLE);
        assert_int_equal(world->joiner.problem, SEGMENT_FINE);
        assert_int_equal(world->joiner.pieces, 2);
        assert_int_equal(world->joiner.frame.length, 6 + 6 + 2);
        assert_int_equal(world->joiner.frame.data[12], i ? 0x43 : 0x41);
        assert_int_equal(world->joiner.frame.data[13], 0x42);
        assert_true(joiner_is_open(&world->joiner));
    }
    assert_int_equal(take_hex(world, "04 00 00000007 00000003 03 02 44"), SEGMENT_WHOLE);
    assert_int_equal(world->joiner.frame.data[12], 0x43);
    assert_false(joiner_is_open(&world->joiner));
    put_away(world);
}

static void more_streams_than_there_is_room_for_are_refused(void **state)
{
    struct world *world = *state;
    char hex[80];

    use(world, world->dicom);
    for (unsigned i = 0; i < JOINER_STREAMS + 2; i++) {
        snprintf(hex, sizeof hex, "04 00 00000007 00000003 %02x 00 41", i * 2 + 1);
        assert_int_equal(take_hex(world, hex), SEGMENT_PART);
        assert_int_equal(world->joiner.problem,
                         i < JOINER_STREAMS ? SEGMENT_FINE : SEGMENT_STREAMS);
    }
    /* A frame that nobody could send again spoils what is under way. */
    assert_int_equal(take_hex(world, "04 00 00000007 00000003 02 00 41"), SEGMENT_ALONE);
    assert_int_equal(world->joiner.problem, SEGMENT_BROKEN);
    assert_false(joiner_is_open(&world->joiner));
    put_away(world);
}

/* Bytes that look like frames, joined and split: whatever comes out parses. */
static void random_frames_do_no_harm(void **state)
{
    struct world *world = *state;
    struct error error = {""};
    struct model *model = ksy_load(numbered, &error);
    struct random random = {.key = 11};
    size_t whole = 0;

    assert_non_null(model);
    use(world, model);
    for (int round = 0; round < 50000; round++) {
        uint8_t bytes[12];
        size_t length = 3 + (size_t)random_next_below(&random, sizeof bytes - 3);

        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)random_next_below(&random, 5);
        bytes[0] = (uint8_t)(length - 1);
        whole += take(world, (struct view){bytes, length}) == SEGMENT_WHOLE;
    }
    assert_true(whole > 100);
    put_away(world);
    model_free(model);
}

static void nothing_is_allocated_after_the_first(void **state)
{
    struct world *world = *state;
    size_t bytes, nodes, frame;

    use(world, world->lis);
    check_record(world, 2000);
    bytes = world->joiner.joins[0].bytes.capacity;
    nodes = world->joiner.tree.capacity;
    frame = world->splitter.frame.capacity;
    for (int i = 0; i < 20; i++)
        check_record(world, 2000);
    assert_int_equal(world->joiner.joins[0].bytes.capacity, bytes);
    assert_int_equal(world->joiner.tree.capacity, nodes);
    assert_int_equal(world->splitter.frame.capacity, frame);
    put_away(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_any_length_come_back),
        cmocka_unit_test(a_frame_that_comes_again_counts_once),
        cmocka_unit_test(a_missing_frame_loses_the_message),
        cmocka_unit_test(the_end_of_a_session_ends_its_message),
        cmocka_unit_test(a_changed_number_is_wrong_in_the_last_frame_only),
        cmocka_unit_test(data_sets_of_any_length_come_back),
        cmocka_unit_test(only_whole_messages_are_read_as_one),
        cmocka_unit_test(streams_are_kept_apart),
        cmocka_unit_test(pieces_without_end_stay_small),
        cmocka_unit_test(a_message_may_begin_in_the_frame_that_ends_another),
        cmocka_unit_test(more_streams_than_there_is_room_for_are_refused),
        cmocka_unit_test(random_frames_do_no_harm),
        cmocka_unit_test(nothing_is_allocated_after_the_first),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
