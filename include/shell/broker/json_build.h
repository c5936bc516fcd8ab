/* json_build: a JSON document under way, by json-c.
 *
 * One that failed anywhere is not published: with a key too few the driver would go on with an old value. So every step only notes a failure, and json_build_finish tells of it. */
#ifndef SHELL_JSON_BUILD_H
#define SHELL_JSON_BUILD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/* Zeroed: nothing was built yet. */
struct json_build {
	struct json_object *sheet; /* an array around the document, which keeps the room that its text takes: giving it back
	                            * and asking for it anew takes longer than all the rest */
	struct json_object *root;
	bool failed;
};

/* A new document, in place of the one before. */
void json_build_begin(struct json_build *b);

/* Adds `value` to the object `to`, which has no such key yet, and takes it, whatever comes of it; NULL: there was no
 * memory for it. */
void json_build_add(struct json_build *b, struct json_object *to, const char *key, struct json_object *value);

void json_build_null(struct json_build *b, struct json_object *to, const char *key);

/* An empty text becomes null. */
void json_build_text(struct json_build *b, struct json_object *to, const char *key, const char *text);

/* Appends `element` to the array `to` and takes it. */
void json_build_append(struct json_build *b, struct json_object *to, struct json_object *element);

/* Copies the text of a document that is kept. Returns its length; 0: `root` is NULL, or it does not fit. */
size_t json_build_print(struct json_build *b, struct json_object *root, char *out, size_t size);

/* Copies the text of the document and frees it. Returns its length; 0: something failed, or it does not fit. */
size_t json_build_finish(struct json_build *b, char *out, size_t size);

/* Frees what is kept for further documents. */
void json_build_end(struct json_build *b);

#endif
