#include "shell/broker/json_build.h"

#include <json-c/printbuf.h>
#include <string.h>

void json_build_begin(struct json_build *b)
{
	b->root = json_object_new_object();
	b->failed = !b->root;
}

void json_build_null(struct json_build *b, struct json_object *to, const char *key)
{
	if (!to || json_object_object_add_ex(to, key, NULL, JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0)
		b->failed = true;
}

void json_build_add(struct json_build *b, struct json_object *to, const char *key, struct json_object *value)
{
	if (to && value && json_object_object_add_ex(to, key, value, JSON_C_OBJECT_ADD_KEY_IS_NEW) == 0)
		return;
	json_object_put(value);
	b->failed = true;
}

void json_build_text(struct json_build *b, struct json_object *to, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_build_add(b, to, key, json_object_new_string(text));
	else
		json_build_null(b, to, key);
}

void json_build_append(struct json_build *b, struct json_object *to, struct json_object *element)
{
	if (!b->failed && to && element && json_object_array_add(to, element) == 0)
		return;
	json_object_put(element);
	b->failed = true;
}

/* json-c writes on without the piece for which its buffer could not grow: this lets it grow before. */
static int make_room(struct json_object *sheet, struct printbuf *buffer, int level, int flags)
{
	size_t *size = json_object_get_userdata(sheet);

	(void)level;
	(void)flags;
	return (size_t)buffer->size > *size ? 0 : printbuf_memset(buffer, 0, '\0', (int)*size);
}

static const char *text_of(struct json_object *sheet, size_t size, size_t *length)
{
	size_t needed = size + sizeof "[]";

	json_object_set_serializer(sheet, make_room, &needed, NULL);
	bool room = json_object_to_json_string_length(sheet, JSON_C_TO_STRING_PLAIN, length) != NULL;
	json_object_set_serializer(sheet, NULL, NULL, NULL);
	return room ? json_object_to_json_string_length(sheet, JSON_C_TO_STRING_PLAIN, length) : NULL;
}

/* The sheet has a share of `root` for the time being. */
static bool lay_in(struct json_build *b, struct json_object *root)
{
	if (!b->sheet)
		b->sheet = json_object_new_array();
	if (!b->sheet || !root)
		return false;
	if (json_object_array_put_idx(b->sheet, 0, json_object_get(root)) == 0)
		return true;
	json_object_put(root);
	return false;
}

size_t json_build_print(struct json_build *b, struct json_object *root, char *out, size_t size)
{
	size_t length = 0;
	const char *s;

	if (!lay_in(b, root))
		return 0;
	s = text_of(b->sheet, size, &length);
	length -= s ? 2 : length; /* the brackets of the sheet */
	if (length >= size)
		length = 0;
	if (length > 0) {
		memcpy(out, s + 1, length);
		out[length] = '\0';
	}
	json_object_array_put_idx(b->sheet, 0, NULL);
	return length;
}

size_t json_build_finish(struct json_build *b, char *out, size_t size)
{
	size_t length = b->failed ? 0 : json_build_print(b, b->root, out, size);

	json_object_put(b->root);
	b->root = NULL;
	return length;
}

void json_build_end(struct json_build *b)
{
	json_object_put(b->sheet);
	b->sheet = NULL;
}
