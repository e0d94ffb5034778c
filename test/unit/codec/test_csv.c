#include "codec/csv.h"

#include "support.h"

/* Reads all rows and writes them as "[line:column text|...]", or returns the error. */
struct outcome {
    enum mando_status status;
    struct mando_error error;
    char rows[4096];
};

__attribute__((format(printf, 2, 3))) static void append(struct outcome *outcome,
                                                         const char *format, ...)
{
    size_t length = strlen(outcome->rows);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(outcome->rows + length, sizeof outcome->rows - length, format, arguments);
    va_end(arguments);
}

static void append_row(struct outcome *outcome, const struct mando_csv *csv)
{
    for (size_t i = 0; i < csv->cell_count; i++) {
        const struct mando_csv_cell *cell = &csv->cells[i];
        append(outcome, "%c%d:%d %.*s", i ? '|' : '[', (int)cell->line, (int)cell->column,
               (int)cell->length, cell->text);
    }
    append(outcome, "]");
}

static struct outcome read_in_pieces(const void *bytes, size_t length, char separator, size_t piece)
{
    struct outcome outcome = {0};
    struct mando_input *input;
    struct mando_csv csv;
    CHECK_EQ(mando_input_open_memory(bytes, length, "test.csv", NULL, &input, NULL), MANDO_OK);
    outcome.status = mando_csv_open(&csv, input, piece, &outcome.error);
    csv.separator = separator;
    while (!outcome.status) {
        outcome.status = mando_csv_next(&csv, &outcome.error);
        if (outcome.status || csv.cell_count == 0)
            break;
        append_row(&outcome, &csv);
    }
    mando_csv_release(&csv);
    mando_input_free(input);
    return outcome;
}

static struct outcome read_csv(const void *bytes, size_t length, char separator)
{
    return read_in_pieces(bytes, length, separator, 0);
}

static void check_rows(const char *text, const char *expected)
{
    struct outcome outcome = read_csv(text, strlen(text), ',');
    CHECK_EQ(outcome.status, MANDO_OK);
    CHECK_TEXT(outcome.rows, expected);
}

static void check_error_of(const char *bytes, size_t length, const char *code, int64_t line,
                           int64_t column, const char *message)
{
    struct outcome outcome = read_csv(bytes, length, ',');
    CHECK(outcome.status != MANDO_OK);
    CHECK_ERROR(outcome.error, code, line, column, message);
    CHECK_TEXT(outcome.error.where, "test.csv");
}

static void check_error(const char *text, const char *code, int64_t line, int64_t column,
                        const char *message)
{
    check_error_of(text, strlen(text), code, line, column, message);
}

TEST(csv_reads_cells_with_their_places)
{
    check_rows("a,bc\n1,\n,2\n", "[1:1 a|1:3 bc][2:1 1|2:3 ][3:1 |3:2 2]");
}

TEST(csv_accepts_crlf_and_a_last_line_without_an_end)
{
    check_rows("a,b\r\n1,2\r\n3,4", "[1:1 a|1:3 b][2:1 1|2:3 2][3:1 3|3:3 4]");
    check_rows("a", "[1:1 a]");
    check_rows("a,", "[1:1 a|1:3 ]");
}

TEST(csv_takes_a_lone_carriage_return_for_a_character)
{
    check_rows("a\rb,c\r", "[1:1 a\rb|1:5 c\r]");
}

TEST(csv_skips_a_byte_order_mark)
{
    check_rows("\xEF\xBB\xBF"
               "a,b\n1,2\n",
               "[1:1 a|1:3 b][2:1 1|2:3 2]");
}

TEST(csv_separates_by_what_the_caller_says)
{
    struct outcome outcome = read_csv("a;b,c\n1;2,5\n", 12, ';');
    CHECK_TEXT(outcome.rows, "[1:1 a|1:3 b,c][2:1 1|2:3 2,5]");
}

TEST(csv_counts_columns_in_characters)
{
    check_rows("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x8B,b\n1,2\n",
               "[1:1 \xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x8B|1:5 b][2:1 1|2:3 2]");
}

TEST(csv_reads_quoted_cells)
{
    check_rows("\"a\",\"b,c\"\n\"\",\"x\"\"y\"\n", "[1:2 a|1:6 b,c][2:2 |2:5 x\"y]");
    check_rows("\"\"\"\"\"\",b\r\n\"1\",\"\"\r\n", "[1:2 \"\"|1:8 b][2:2 1|2:6 ]");
}

TEST(csv_reads_line_ends_inside_quotes)
{
    check_rows("a,b\n\"1\n2\r\n3\",x\n4,5\n", "[1:1 a|1:3 b][2:2 1\n2\r\n3|4:4 x][5:1 4|5:3 5]");
}

TEST(csv_allows_one_empty_line_at_the_end)
{
    check_rows("a,b\n1,2\n\n", "[1:1 a|1:3 b][2:1 1|2:3 2]");
    check_rows("a,b\r\n1,2\r\n\r\n", "[1:1 a|1:3 b][2:1 1|2:3 2]");
    check_error("a,b\n1,2\n\n\n", "csv.cells", 3, 1,
                "an empty line stands before the end of the file");
    check_error("a,b\n\n1,2\n", "csv.cells", 2, 1,
                "an empty line stands before the end of the file");
    check_rows("a\n\"\"\n\"\"\n", "[1:1 a][2:2 ][3:2 ]");
}

TEST(csv_refuses_an_empty_file)
{
    check_error("", "csv.empty", 1, 1, "the file is empty");
    check_error("\n", "csv.empty", 1, 1, "the file is empty");
    check_error("\xEF\xBB\xBF", "csv.empty", 1, 1, "the file is empty");
    check_error("\na,b\n", "csv.header", 1, 1,
                "the first line is empty: the header must stand there");
}

TEST(csv_refuses_rows_with_more_or_fewer_cells)
{
    check_error("a,b\n1,2\n1,2,3\n", "csv.cells", 3, 5,
                "the row has more than the 2 cells that the header has");
    check_error("a,b,c\n1,22\n", "csv.cells", 2, 3,
                "the row ends here, after 2 of the 3 cells of the header");
    check_error("a,b\n1,2\n1,\xC3\xA4,\n", "csv.cells", 3, 5,
                "the row has more than the 2 cells that the header has");
}

TEST(csv_refuses_a_header_of_too_many_cells)
{
    char text[MANDO_CSV_CELLS_MAX + 1];
    memset(text, ',', sizeof text);
    struct outcome outcome = read_csv(text, MANDO_CSV_CELLS_MAX - 1, ',');
    CHECK_EQ(outcome.status, MANDO_OK);
    check_error_of(text, MANDO_CSV_CELLS_MAX, "csv.header", 1, MANDO_CSV_CELLS_MAX + 1,
                   "the row has more than the 16384 cells that a header may have");
}

TEST(csv_refuses_malformed_quotes)
{
    check_error("a,b\n1,2\"\n", "csv.quote", 2, 4, "a quote stands inside a cell without quotes");
    check_error("a,b\n1,\"2\"3\n", "csv.quote", 2, 6,
                "something follows the closing quote of a cell");
    check_error("a,b\n1,\"2\"\r3\n", "csv.quote", 2, 6,
                "something follows the closing quote of a cell");
    check_error("a,b\n1,\"2\n3,4\n", "csv.quote", 2, 3, "the quote here is never closed");
    check_error("a,b\n1,\"", "csv.quote", 2, 3, "the quote here is never closed");
}

TEST(csv_refuses_nul_bytes)
{
    check_error_of("a,b\n1,\0\n", 8, "text.nul", 2, 3, "the text holds a NUL byte here");
    check_error_of("a,b\n1,\"x\0\"\n", 11, "text.nul", 2, 5, "the text holds a NUL byte here");
    check_error_of("a,b\n1,\"x\"\0\n", 11, "text.nul", 2, 6, "the text holds a NUL byte here");
    check_error_of("a,b\n1,2\n\0", 9, "text.nul", 3, 1, "the text holds a NUL byte here");
}

TEST(csv_refuses_what_is_not_utf8)
{
    static const char *const WRONG[] = {"\x80",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xC3",
                                        "\xC3(",
                                        "\xE0\x9F\xBF",
                                        "\xE2\x82",
                                        "\xED\xA0\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xFF\xFE",
                                        "\xF0\x9F\x94",
                                        "\xE2\x28\xA1"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "a,b\n1,\xC3\xA4%s", WRONG[i]);
        check_error(text, "text.utf8", 2, 4, "the text is not UTF-8 here");
        (void)snprintf(text, sizeof text, "a,b\n1,\"%s\"\n", WRONG[i]);
        check_error(text, "text.utf8", 2, 4, "the text is not UTF-8 here");
    }
    check_rows("\xC2\x80,\xDF\xBF,\xE0\xA0\x80,\xED\x9F\xBF,\xEF\xBF\xBF,\xF4\x8F\xBF\xBF\n",
               "[1:1 \xC2\x80|1:3 \xDF\xBF|1:5 \xE0\xA0\x80|1:7 \xED\x9F\xBF|1:9 \xEF\xBF\xBF"
               "|1:11 \xF4\x8F\xBF\xBF]");
}

TEST(csv_limits_the_length_of_a_line)
{
    size_t most = MANDO_CSV_LINE_BYTES_MAX;
    char *text = malloc(2 * most);
    memset(text, 'x', 2 * most);
    memcpy(text, "a\n", 2);
    text[2 + most - 1] = '\n';
    CHECK_EQ(read_csv(text, 2 + most, ',').status, MANDO_OK);
    text[2 + most - 1] = 'x';
    text[2 + most] = '\n';
    check_error_of(text, 2 * most, "csv.line", 2, 1, "line 2 is longer than 1048576 bytes");
    text[2] = '"';
    check_error_of(text, 2 * most, "csv.line", 2, 1,
                   "line 2 is longer than 1048576 bytes, or a quote in it is never closed");
    free(text);
}

TEST(csv_refuses_a_line_of_two_gigabytes_at_once)
{
    size_t zeros = (size_t)16 << 20, packed_max = 1 << 16;
    unsigned char *packed = malloc(packed_max), *file = malloc(128 * packed_max);
    char *bytes = malloc(zeros);
    memset(bytes, 'x', zeros);
    size_t length = gzip(bytes, zeros, packed, packed_max);
    for (size_t i = 0; i < 128; i++)
        memcpy(file + i * length, packed, length);
    check_error_of((char *)file, 128 * length, "csv.line", 1, 1,
                   "line 1 is longer than 1048576 bytes");
    free(bytes);
    free(file);
    free(packed);
}

/* The length of the pieces moves their ends over every byte of the row. */
TEST(csv_reads_the_same_wherever_its_pieces_end)
{
    static const char TEXT[] = "\xEF\xBB\xBFh,b\r\n"
                               "\"a\"\"\r\n\xE2\x82\xAC\",\xC3\xA4\r\n"
                               "\xF0\x9F\x94\x8B\r,\"\"\n1,2\r\n\r\n";
    struct outcome whole = read_csv(TEXT, sizeof TEXT - 1, ',');
    CHECK_EQ(whole.status, MANDO_OK);
    for (size_t piece = 3; piece < sizeof TEXT; piece++) {
        struct outcome outcome = read_in_pieces(TEXT, sizeof TEXT - 1, ',', piece);
        CHECK_EQ(outcome.status, MANDO_OK);
        CHECK_TEXT(outcome.rows, whole.rows);
    }
}

TEST(csv_shows_a_cell_in_few_clean_characters)
{
    char shown[MANDO_CSV_SHOWN_SIZE];
    struct mando_csv_cell cell = {.text = "a\nb\x7F", .length = 4};
    CHECK_TEXT(mando_csv_show(&cell, shown), "a?b?");
    cell =
        (struct mando_csv_cell){.text = "0123456789012345678901234567890123456789", .length = 40};
    CHECK_TEXT(mando_csv_show(&cell, shown), cell.text);
    cell = (struct mando_csv_cell){
        .text = "012345678901234567890123456789012345678\xF0\x9F\x94\x8Bxx", .length = 45};
    CHECK_TEXT(mando_csv_show(&cell, shown),
               "012345678901234567890123456789012345678\xF0\x9F\x94\x8B...");
}
