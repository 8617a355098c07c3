/**
 * Text to token ids and back, by the checkpoint's own tokenizer.json (@huggingface/tokenizers). Every text gets the special tokens
 * the tokenizer's post-processor says; where that is a BOS, it stands there exactly once.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { StudioError, sentenceOf } from '../base/errors';
import { firstTokens, splitsAtSpaces } from './text-prefix';

export interface TextTokenizer {
  /** Ids of a text, special tokens included. */
  encode(text: string): number[];
  /** At least the first `count` ids of a text, or all of them: the same as `encode` begins with, without reading all of a long text. */
  encodeFirst(text: string, count: number): number[];
  /** The text of ids, special tokens left out. */
  decode(ids: Iterable<number>): string;
  /** Token that begins and token that ends a text, where the tokenizer has them. */
  readonly beginning: number | null;
  readonly end: number | null;
}

/** Throws QS-FILE-08 when there is no tokenizer or it cannot be built. */
export function openTokenizer(tokenizerJson: unknown, tokenizerConfig: unknown): TextTokenizer {
  if (!isObject(tokenizerJson)) {
    throw new StudioError(
      'QS-FILE-08',
      'There is no tokenizer.json beside the weights: add it, or calibrate with random tokens.',
    );
  }
  const config = isObject(tokenizerConfig) ? tokenizerConfig : {};
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(tokenizerJson, config);
    tokenizer.encode('a'); // some faults show only in use
  } catch (error) {
    throw new StudioError(
      'QS-FILE-08',
      `tokenizer.json cannot be used (${plain(sentenceOf(error))}): choose the file that belongs to this model.`,
    );
  }
  const idOf = (key: string): number | null => {
    // Old files wrap the token: {"content": "<s>", …}.
    const entry = config[key];
    const token = isObject(entry) ? entry.content : entry;
    return typeof token === 'string' ? (tokenizer.token_to_id(token) ?? null) : null;
  };
  const beginning = idOf('bos_token');
  const addBeginning = config.add_bos_token === true && beginning !== null;
  const cleanUp = config.clean_up_tokenization_spaces === true;
  const encode = (text: string): number[] => {
    const { ids } = tokenizer.encode(text);
    if (!ids.every(Number.isInteger)) {
      throw new StudioError(
        'QS-FILE-08',
        'tokenizer.json gives a part of a text no whole number as its id: choose the file that belongs to this model.',
      );
    }
    if (addBeginning && ids[0] !== beginning) ids.unshift(beginning);
    // A text that spells out the BOS which the post-processor adds.
    while (beginning !== null && ids[0] === beginning && ids[1] === beginning) ids.shift();
    return ids;
  };
  const local = splitsAtSpaces(tokenizerJson);
  return {
    beginning,
    end: idOf('eos_token'),
    encode,
    encodeFirst: (text, count) => (local ? firstTokens(text, count, encode) : encode(text)),
    decode(ids) {
      const list = [...ids];
      // The library refuses to decode nothing.
      if (list.length === 0) return '';
      return tokenizer.decode(list, { skip_special_tokens: true, clean_up_tokenization_spaces: cleanUp });
    },
  };
}

/** The library's words quote the file: of bounded length, and on one line. */
function plain(message: string): string {
  const line = message.replace(/\p{C}/gu, '\ufffd');
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
