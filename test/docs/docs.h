/* docs: the program's tables in the languages of its documents. Each prints one piece, which write.sh puts between the
 * marks <!-- NAME --> and <!-- /NAME --> of a document or template. */
#ifndef DOCS_H
#define DOCS_H

/* What stands in no table of the program. */
struct docs_topic {
	const char *name, *retained, *text;
};

struct docs_key {
	const char *name, *unit, *text;
};

extern const struct docs_topic docs_topics[];
extern const struct docs_key docs_link[];
extern const int docs_topic_count, docs_link_count;

/* "daemon, watch", or "all". */
#define DOCS_WITH(option) ((option)->with ? (option)->with : "all")

/* The sample configuration: every section and key with its text, range and default; the keys themselves commented out, so
 * that defaults of later releases apply. */
void configuration_sample(void);

/* The keys in Markdown. */
void configuration_tables(void);

/* Pieces of the manual page, in roff. */
void manual_words(void);
void manual_options(void);
void manual_configuration(void);
void manual_topics(void);
void manual_keys(void);
void manual_link(void);
void manual_signals(void);
void manual_statuses(void);

/* The tables of the completion, in bash. */
void completion_tables(void);

#endif
