/** `generate`: the model's greedy continuation of a prompt. */
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { openNetwork, readsText } from '../../model/architecture';
import { LanguageModel } from '../../model/forward';
import { openTokenizer } from '../../model/tokenizer';
import { assertFinite } from '../../run/finite-weights';
import type { Command } from '../command';
import { sourcesOf } from '../folder-source';

export const generate: Command = {
  name: 'generate',
  usage: 'FOLDER --prompt TEXT [--tokens 50]',
  summary: 'continue a prompt greedily',
  flags: { prompt: 'string', tokens: 'string' },
  async run({ words, flags, gpu: open }) {
    const [folder] = words;
    if (!folder) throw new Error('generate needs the folder of a model.');
    const checkpoint = await openCheckpoint(await sourcesOf(folder));
    const model = openNetwork(checkpoint);
    if (!readsText(model)) throw new Error(`${model.title} writes no text: choose a language model.`);
    await assertFinite(checkpoint, model);
    const tokenizer = openTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig);
    const prompt = tokenizer.encode(flags.required('prompt'));
    const language = await LanguageModel.load(await open(), checkpoint, model);
    const ids = await language.generateGreedy(prompt, flags.count('tokens', 50, 100_000));
    return { text: tokenizer.decode([...prompt, ...ids]), ids: [...prompt, ...ids] };
  },
  describe: (found: { text: string }) => found.text,
};
