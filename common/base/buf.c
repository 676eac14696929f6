#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"

enum { FIRST_CAPACITY = 64 };

void omb_buf_free(struct omb_buf *buf)
{
    free(buf->data);
    *buf = OMB_BUF_INIT;
}

void omb_buf_wipe(struct omb_buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->capacity);
    omb_buf_free(buf);
}

void omb_buf_clear(struct omb_buf *buf)
{
    buf->size = 0;
}

void omb_buf_grow(struct omb_buf *buf, size_t more)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : FIRST_CAPACITY;

    OMB_ASSERT(more <= SIZE_MAX / 4 - buf->size);
    while (capacity - buf->size < more)
        capacity *= 2;
    buf->data = realloc(buf->data, capacity);
    OMB_ASSERT(buf->data != NULL);
    buf->capacity = capacity;
}

void omb_buf_add(struct omb_buf *buf, const void *data, size_t size)
{
    if (size == 0)
        return;
    omb_buf_reserve(buf, size);
    memcpy(buf->data + buf->size, data, size);
    buf->size += size;
}

void omb_buf_add_view(struct omb_buf *buf, struct omb_view view)
{
    omb_buf_add(buf, view.data, view.size);
}

void omb_buf_add_str(struct omb_buf *buf, const char *text)
{
    omb_buf_add_view(buf, omb_view_str(text));
}

void omb_buf_add_u8(struct omb_buf *buf, uint8_t value)
{
    omb_buf_add(buf, &value, 1);
}

void omb_buf_add_be16(struct omb_buf *buf, uint16_t value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    omb_buf_add(buf, bytes, sizeof(bytes));
}

void omb_buf_add_be32(struct omb_buf *buf, uint32_t value)
{
    uint8_t bytes[4];

    omb_put_be32(bytes, value);
    omb_buf_add(buf, bytes, sizeof(bytes));
}

void omb_buf_add_be64(struct omb_buf *buf, uint64_t value)
{
    uint8_t bytes[8];

    omb_put_be64(bytes, value);
    omb_buf_add(buf, bytes, sizeof(bytes));
}

void omb_buf_printf(struct omb_buf *buf, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    OMB_ASSERT(size >= 0);
    omb_buf_reserve(buf, (size_t)size + 1);
    va_start(args, format);
    vsnprintf((char *)buf->data + buf->size, (size_t)size + 1, format, args);
    va_end(args);
    buf->size += (size_t)size;
}

struct omb_view omb_buf_view(const struct omb_buf *buf)
{
    return omb_view(buf->data, buf->size);
}

const char *omb_buf_str(struct omb_buf *buf)
{
    omb_buf_reserve(buf, 1);
    buf->data[buf->size] = '\0';
    return (const char *)buf->data;
}

uint16_t omb_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t omb_be32(const uint8_t *at)
{
    return (uint32_t)omb_be16(at) << 16 | omb_be16(at + 2);
}

uint64_t omb_be64(const uint8_t *at)
{
    return (uint64_t)omb_be32(at) << 32 | omb_be32(at + 4);
}

void omb_put_be32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

void omb_put_be64(uint8_t *at, uint64_t value)
{
    omb_put_be32(at, (uint32_t)(value >> 32));
    omb_put_be32(at + 4, (uint32_t)value);
}
