/** `generate`: the model's greedy continuation of a prompt. */
import { openCheckpoint } from '../../engine';
import { openNetwork, readsText } from '../../model/architecture';
import { LanguageModel } from '../../model/forward';
import { openTokenizer } from '../../model/tokenizer';
import { assertFinite } from '../../run/finite-weights';
import type { Command } from '../command';
import { UsageError } from '../exit-codes';
import { sourcesOf } from '../folder-source';

export const generate: Command = {
  name: 'generate',
  usage: ['MODEL --prompt TEXT [--tokens 50]'],
  summary: 'continue a prompt greedily',
  words: 1,
  flags: {
    prompt: { value: 'TEXT', help: 'What the model continues.' },
    tokens: { value: 'N', help: 'Tokens to write; default 50.' },
  },
  async run({ words, flags, gpu: open }) {
    const [folder] = words;
    if (!folder) throw new UsageError('generate needs the folder of a model.');
    const checkpoint = await openCheckpoint(await sourcesOf(folder));
    const model = openNetwork(checkpoint);
    if (!readsText(model)) throw new UsageError(`${model.title} writes no text: choose a language model.`);
    await assertFinite(checkpoint, model);
    const tokenizer = openTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig);
    const prompt = tokenizer.encode(flags.required('prompt'));
    const language = await LanguageModel.load(await open(), checkpoint, model);
    const ids = await language.generateGreedy(prompt, flags.count('tokens', 50, 100_000));
    return { text: tokenizer.decode([...prompt, ...ids]), ids: [...prompt, ...ids] };
  },
  describe: (found: { text: string }) => found.text,
};
