/** `inspect`: what is in a file or folder, without reading weights. */
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { coverageSentence } from '../../run/coverage';
import { describeCheckpoint } from '../../run/describe';
import type { Command } from '../command';
import { UsageError } from '../exit-codes';
import { sourcesOf } from '../folder-source';

export const inspect: Command = {
  name: 'inspect',
  usage: ['FILE|FOLDER'],
  summary: 'list tensors and the linear layers that would be quantized',
  words: 1,
  flags: {},
  async run({ words }) {
    const [path] = words;
    if (!path) throw new UsageError('inspect needs a file or a folder.');
    return describeCheckpoint(await openCheckpoint(await sourcesOf(path)));
  },
  describe(found: ReturnType<typeof describeCheckpoint>) {
    const linears = new Set(found.linears.map(({ weight }) => weight));
    return [
      `${found.format}, ${found.architecture ?? found.limitation}`,
      ...found.tensors.map(
        ({ name, shape, dtype, bytes }) =>
          `${linears.has(name) ? '*' : ' '} ${name.padEnd(52)} ${dtype.padEnd(5)} ${`[${shape.join(', ')}]`.padEnd(16)} ${bytes}`,
      ),
      ...found.notes,
      `${found.tensors.length} tensors, ${found.linears.length} linear layers (*)`,
      coverageSentence(found.coverage),
      ...(found.ignored.length > 0 ? [`not used: ${found.ignored.join(', ')}`] : []),
    ].join('\n');
  },
};
