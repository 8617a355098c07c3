/**
 * What a U-Net's blocks read of a caption, from its tensors and config.json's section "text" (start_token, pad_token, max_length; words in
 * vocabulary.json or under "words"): a small text encoder that comes in the same file, or none, as of a Stable Diffusion's U-Net alone.
 */
import { contradiction, shown } from '../../config';
import type { WeightSource } from '../../model';
import type { TextPlan } from '../image-model';
import type { VisionSource } from '../infer';

/** CLIP's, where no file says. */
const TOKENS = 77;
const NAMES = {
  words: 'text.token_embedding.weight',
  places: 'text.position_embedding.weight',
  norm: 'text.final_layer_norm',
};

/** Null where no block looks at a text. Throws QS-FILE-04 or -07. */
export function textOf(vision: VisionSource, source: WeightSource): TextPlan | null {
  const { tensors, config } = vision;
  const reader = [...source.tensors.keys()].find((name) => name.endsWith('attn2.to_k.weight'));
  if (reader === undefined) return null;
  const width = vision.size(reader, 1);
  if (!tensors.has(NAMES.words)) {
    tensors.note(
      `There is no text encoder beside this U-Net, so its captions are drawn at random, ${TOKENS} tokens each: layers can be quantized and compared, and images mean nothing.`,
    );
    return { tokens: TOKENS, width, encoder: null };
  }
  const section = config.section('text');
  const count = vision.size(NAMES.words, 0);
  const tokens = vision.size(NAMES.places, 0);
  const words = section?.texts('words') ?? listed(source.vocabulary);
  if (words && words.length !== count) {
    throw contradiction(`there are ${words.length} words for ${count} embeddings of words`);
  }
  const [start, pad] = [
    section?.text('start_token', '<bos>') ?? '<bos>',
    section?.text('pad_token', '<pad>') ?? '<pad>',
  ];
  const missing = words && [start, pad].find((token) => !words.includes(token));
  if (missing) throw contradiction(`the token ${shown(missing)} is not among the ${words.length} words`);
  return {
    tokens,
    width,
    encoder: {
      words: tensors.expect(NAMES.words, [count, width]),
      places: tensors.expect(NAMES.places, [tokens, width]),
      norm: vision.norm(NAMES.norm, width, section?.positive('layer_norm_eps', 1e-5) ?? 1e-5),
      vocabulary: words,
      start,
      pad,
    },
  };
}

/** A list of words, or words with their numbers, as vocabulary.json has them. */
function listed(vocabulary: unknown): readonly string[] | null {
  if (vocabulary === null || vocabulary === undefined) return null;
  const broken = () => contradiction('vocabulary.json beside it is no list of words, each once');
  let words: unknown[];
  if (Array.isArray(vocabulary)) words = vocabulary;
  else if (typeof vocabulary === 'object') {
    const entries = Object.entries(vocabulary as Record<string, unknown>);
    words = Array<unknown>(entries.length);
    for (const [word, place] of entries) if (Number.isInteger(place)) words[Number(place)] = word;
    if (words.length !== entries.length) throw broken();
  } else throw broken();
  if (!words.every((word): word is string => typeof word === 'string') || new Set(words).size !== words.length) {
    throw broken();
  }
  return words;
}
