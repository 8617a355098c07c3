/**
 * The text of one record of a data set. Which fields hold it is looked up in a table, the first form whose fields are all strings
 * counting; their filled ones are joined by a newline, in the table's order. A conversation is its turns, joined likewise: no chat
 * template is put around them.
 */

/** Fields that must be there, and fields that may be, in the order of the text. */
const FORMS: readonly { readonly fields: readonly string[]; readonly optional?: readonly string[] }[] = [
  { fields: ['text'] },
  { fields: ['content'] },
  { fields: ['instruction', 'output'], optional: ['instruction', 'input', 'output'] },
  { fields: ['instruction', 'response'], optional: ['instruction', 'context', 'response'] },
  { fields: ['prompt', 'completion'] },
  { fields: ['prompt', 'response'] },
  { fields: ['question', 'answer'] },
];

/** Lists of turns, and the fields of a turn that hold what was said. */
const CONVERSATIONS: readonly string[] = ['messages', 'conversations', 'conversation'];
const SAID: readonly string[] = ['content', 'value'];

/** For the sentence that refuses a record. */
export const RECORD_FORMS = '"instruction" and "output", "prompt" and "completion", "messages", …';

/** Null where a record has none of the forms. */
export function recordText(record: unknown): string | null {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return null;
  const values = record as Readonly<Record<string, unknown>>;
  const form = FORMS.find(({ fields }) => fields.every((field) => typeof values[field] === 'string'));
  if (form !== undefined) return joined((form.optional ?? form.fields).map((field) => values[field]));
  const turns = CONVERSATIONS.map((field) => values[field]).find((value) => Array.isArray(value));
  if (turns === undefined) return null;
  const said = (turns as unknown[]).map(saidIn);
  return said.includes(null) ? null : joined(said);
}

function saidIn(turn: unknown): string | null {
  if (typeof turn !== 'object' || turn === null) return null;
  const values = turn as Readonly<Record<string, unknown>>;
  const said = SAID.map((field) => values[field]).find((value) => typeof value === 'string');
  return typeof said === 'string' ? said : null;
}

function joined(parts: readonly unknown[]): string {
  return parts.filter((part): part is string => typeof part === 'string' && part !== '').join('\n');
}
