#include "shell/json_build.h"

#include <json-c/printbuf.h>
#include <string.h>

struct json_build json_build_begin(void)
{
	struct json_object *root = json_object_new_object();

	return (struct json_build){ .root = root, .failed = !root };
}

void json_build_null(struct json_build *b, struct json_object *to, const char *key)
{
	if (!to || json_object_object_add(to, key, NULL) != 0)
		b->failed = true;
}

void json_build_add(struct json_build *b, struct json_object *to, const char *key, struct json_object *value)
{
	if (to && value && json_object_object_add(to, key, value) == 0)
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
static int make_room(struct json_object *root, struct printbuf *buffer, int level, int flags)
{
	size_t *size = json_object_get_userdata(root);

	(void)level;
	(void)flags;
	return printbuf_memset(buffer, 0, '\0', (int)*size);
}

static const char *text_of(struct json_object *root, size_t size, size_t *length)
{
	json_object_set_serializer(root, make_room, &size, NULL);
	bool room = json_object_to_json_string_length(root, JSON_C_TO_STRING_PLAIN, length) != NULL;
	json_object_set_serializer(root, NULL, NULL, NULL);
	return room ? json_object_to_json_string_length(root, JSON_C_TO_STRING_PLAIN, length) : NULL;
}

size_t json_build_finish(struct json_build *b, char *out, size_t size)
{
	size_t length = 0;
	const char *s = b->failed ? NULL : text_of(b->root, size, &length);

	if (!s || length >= size)
		length = 0;
	else
		memcpy(out, s, length + 1);
	json_object_put(b->root);
	return length;
}
