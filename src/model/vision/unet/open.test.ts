import { describe, expect, it } from 'vitest';
import { isStudioError } from '../../../base/errors';
import { networkOrLimitation } from '../../linears';
import { altered, withTensor } from '../../testing/fixtures';
import { loadVisionFixture } from '../../testing/vision-fixtures';
import { openNetwork } from '../../architecture';
import { captionsIn, tokensOf, withCaptions } from './captions';
import type { UNet } from '../image-model';

const { source } = await loadVisionFixture('unet-text');
const words = { ...source, vocabulary: ['<pad>', '<bos>', 'red', 'blue', 'disc', 'on', 'small'] };

function refusal(open: () => unknown): { code: string; message: string } {
  try {
    open();
  } catch (error) {
    if (isStudioError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a U-Net that cannot be', () => {
  it.each([
    [{ sample_size: 9 }, 'images of 9 × 9 come to down_blocks.0.downsamplers.0.conv, which halves them'],
    [{ norm_num_groups: 3 }, 'the 8 channels of down_blocks.0.resnets.0.norm1 are no multiple of it'],
    [{ attention_head_dim: 3 }, '3 heads do not divide the 16 channels'],
    [{ downsample_padding: 2 }, '"downsample_padding" is 2, and it must be 0 or 1'],
    [{ freq_shift: 0.5 }, '"freq_shift" is 0.5, and it must be 0 or 1'],
    [{ diffusion: { beta_start: 0.03, beta_end: 0.02 } }, 'and noise grows with time'],
    [{ text: { start_token: '<start>' } }, 'is not among the 7 words'],
  ])('config %o', (config, message) => {
    const found = refusal(() => openNetwork({ ...altered(source, config), vocabulary: words.vocabulary }));
    expect(found.code).toBe('QS-FILE-04');
    expect(found.message).toContain(message);
  });

  it('says which part it does not run, and leaves weights to be quantized', () => {
    const more = withTensor(source, 'add_embedding.linear_1.weight', [4, 4]);
    const { network, limitation } = networkOrLimitation(more);
    expect(network).toBeNull();
    expect(limitation).toContain(
      'embeddings of sizes and pooled texts beside the time (SDXL) (tensor "add_embedding.linear_1.weight")',
    );
  });

  it('counts its words', () => {
    const found = refusal(() => openNetwork({ ...source, vocabulary: ['<pad>', '<bos>', 'red'] }));
    expect(found).toMatchObject({ code: 'QS-FILE-04' });
    expect(found.message).toContain('there are 3 words for 7 embeddings of words');
  });
});

describe('captions', () => {
  const model = openNetwork(words) as UNet;
  const { text } = model.ends;
  if (!text) throw new Error('no text');

  it('become the start, their words and padding', () => {
    expect(tokensOf(text, 'Small  red disc')).toEqual([1, 6, 2, 4, 0]);
    expect(tokensOf(text, null)).toEqual([1, 0, 0, 0, 0]);
    expect(withCaptions(model, ['red', 'blue'])).toMatchObject({
      classes: 2,
      classNames: ['red', 'blue'],
      unasked: true,
    });
  });

  it.each([
    ['small red disk', 'does not know the word "disk": nearest are "disc"'],
    ['small red disc on blue', 'has 5 words, and this network reads at most 4'],
    ['<bos>', 'does not know the word "<bos>"'],
  ])('%s', (caption, message) => {
    const found = refusal(() => withCaptions(model, [caption]));
    expect(found.code).toBe('QS-RECIPE-01');
    expect(found.message).toContain(message);
  });

  it('lie in a file, a line each, once', () => {
    expect(captionsIn('red\r\n\n blue \nred', 'captions.txt')).toEqual(['red', 'blue']);
    expect(refusal(() => captionsIn(' \n', 'captions.txt')).code).toBe('QS-FILE-09');
  });
});
