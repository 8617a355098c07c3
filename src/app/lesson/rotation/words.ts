/** The words of “Why rotate?”. Figures are put in; nothing here says which treatment is ahead. */
import type { ChapterWords } from '../chapter';
import { inLanguage } from '../../language/in-language';

export const rotationWords = {
  title: 'Why rotate?',
  source: (layer: string, model: string) =>
    `From ${layer} of the sample ${model}: 32 of its inputs, 16 of its rows, 64 tokens. Chosen because it has an outlier: of all runs of 32 inputs in the network, the one where a channel stands out most. Large networks have far larger ones.`,
  says: {
    plain: (channel: number, most: string, ratio: string) =>
      `Channel ${channel} is the largest: a quarter of the tokens reach beyond ${most} there, ${ratio} times the middle one of the 32.`,
    stages: (mixed: number) =>
      mixed === 1 ? 'Nothing is mixed yet.' : `Each run of ${mixed} channels is mixed by sums and differences.`,
    errors: (inputs: string, weight: string, bits: string) =>
      `Output error at ${bits} bits: ${inputs} with the inputs rounded, ${weight} with the weights rounded.`,
    measure: 'Output error: |y − ŷ|² / |y|² of each token’s outputs, the mean over the tokens.',
    same: (off: string) =>
      `With nothing rounded the outputs differ by ${off} of the largest one: by what float64 leaves.`,
  },
  channels: {
    caption: 'The size of each channel: what three quarters of the tokens stay below',
    before: 'as they come',
    after: 'as they stand now',
    table: 'The figures, channel by channel',
    columns: { channel: 'Channel', before: 'As they come', after: 'Now' },
  },
  token: {
    grid: (n: number) => `Token ${n} on its grid`,
    column: (n: number) => `channel ${n}`,
    bands: { x: 'x, what goes in', q: 'x̂, on the nearest of the levels', error: 'x − x̂' },
    row: (n: number) => `token ${n}`,
    cell: (band: string, channel: number, value: string) => `${band}, channel ${channel}, ${value}`,
    step: (step: string, levels: number, zeros: number) =>
      `The step of this token’s grid is ${step}, with ${levels} levels; ${zeros} of 32 values become zero.`,
    next: 'Next token',
    hint: 'Point at a cell, or go there with the arrow keys, to read its value.',
  },
  table: {
    caption: (bits: string) => `Output error at ${bits} bits, four ways`,
    columns: { way: 'Before rounding', inputs: 'Inputs rounded', weight: 'Weights rounded', both: 'Both rounded' },
    ways: {
      plain: 'nothing',
      smooth: (alpha: string) => `scaled, α = ${alpha}`,
      rotate: 'rotated',
      both: (alpha: string) => `scaled, α = ${alpha}, and rotated`,
    },
    sentence: (way: string, error: string) => `With both rounded, the least of the four here is: ${way}, ${error}.`,
  },
  settings: {
    title: 'Settings',
    bits: 'Bits',
    scale: 'Scale first',
    alpha: 'α, how much of the difference goes to the weights',
  },
  formula: {
    scale: 'x divided by s, times W times s transposed, is x times W transposed',
    rotate: 'x H times W H transposed is x times W transposed, since H times H transposed is the identity',
  },
  symbols: {
    s: 's: of each channel, the largest |x| to the power α over the largest |w| to the power 1 − α',
    H: 'H: the Hadamard matrix over √32, made of +1 and −1; its rows stand at right angles, so H H^T = I',
  },
  chapters: [
    {
      title: 'One grid for a whole token',
      text: [
        'To multiply in 4 bits, inputs are rounded as well, while the network runs. Each token gets one grid of 16 levels, from its smallest value to its largest.',
        'So the largest value sets the step, and all others have to live with it. Look through some tokens: what is smaller than half a step becomes zero.',
      ],
      question: 'The largest value of a token grows tenfold, the others stay. What happens to their rounding errors?',
      answers: [
        { text: 'They stay as they are', why: 'The grid is shared: its step grows with its ends.' },
        {
          text: 'They grow with the step, nearly tenfold, until the values are lost',
          why: 'The step is the span over 15; once it exceeds twice a value, that value is rounded to zero.',
        },
        { text: 'They get smaller', why: 'More span over as many levels is a coarser grid.' },
      ],
      right: 1,
    },
    {
      title: 'Outliers live in channels',
      text: [
        'Large values are not spread evenly: they keep to a few channels, for many tokens. Here one of 32 stands out.',
        'It spoils both sides. It sets the step for the other inputs of its token; and the weight that meets it is multiplied by it, with its rounding error.',
      ],
      question: 'Why not give every channel a grid of its own?',
      answers: [
        { text: 'It would take too many bits', why: 'A scale a channel is cheap: it is shared by all tokens.' },
        {
          text: 'The channels’ scales could not be taken out of the sum over channels',
          why: 'An output adds up over channels: products of whole numbers can be summed only where they share one scale.',
        },
        { text: 'Channels change from token to token', why: 'They do not: that is what makes them channels.' },
      ],
      right: 1,
    },
    {
      title: 'Scaling: give it to the weights',
      text: [
        'Divide each channel by s, and multiply the column of W that meets it by the same s. The output stays what it was. With s large where inputs are large, inputs become alike, and the weights that matter most get more levels.',
        'SmoothQuant takes for s the largest |x| to the power α, over the largest |w| to the power 1 − α. Move α: at 0 only the weights are evened out, at 1 only the inputs.',
      ],
      question: 'What may be lost as α goes to 1?',
      answers: [
        { text: 'The output changes', why: 'With nothing rounded it never does, whatever s is.' },
        { text: 'Nothing', why: 'Move α to 1, and read the sentence again.' },
        {
          text: 'The weights get outliers of their own, and their rounding suffers',
          why: 'A column multiplied by a large s sets the step of every row’s grid.',
        },
      ],
      right: 2,
    },
    {
      title: 'Rotating: spread it over all',
      text: [
        'A Hadamard matrix adds and subtracts. Its first stage makes of two neighbours their sum and difference, over √2; the next does so with pairs of pairs, and after five stages each of the 32 channels holds a part of every other.',
        'Step through the stages. One large value becomes 32 of less than a fifth of its size: each stage takes 1/√2 of it and doubles how many have it.',
      ],
      question: 'A channel holds 32, all others 0. What do the 32 channels hold after all five stages?',
      answers: [
        {
          text: 'Each ±32/√32, about ±5.7',
          why: 'The length of the vector stays: 32 · 5.66^2 = 32^2. Its largest value does not.',
        },
        { text: 'Each 1', why: 'That would be the mean; a rotation keeps the length of a vector and not its sum.' },
        { text: 'The first one 32, still', why: 'Every stage sends a part of it elsewhere.' },
      ],
      right: 0,
    },
    {
      title: 'The same output',
      text: [
        'H times its transpose is the identity, so (x H)(W H)^T = x W^T. W H is computed once and stored; what is before the layer can often take the other H into its own weights, and then the rotation costs nothing at all.',
        'The figure below is the largest difference of any output with nothing rounded.',
      ],
      question: 'The rotation changes no output. Why does it help then?',
      answers: [
        {
          text: 'It changes what rounding sees',
          why: 'Values of a rotated token are of one size, and a grid from the smallest to the largest fits them.',
        },
        { text: 'It makes the weights smaller', why: 'A rotation keeps the length of every row.' },
        { text: 'It removes information that is not needed', why: 'It removes none: it can be turned back.' },
      ],
      right: 0,
    },
    {
      title: 'Which one?',
      text: [
        'Here are four ways at the bits that you choose: nothing, scaled, rotated, and both. The order depends on the bits, on α, and on the layer.',
        'One layer is not a network. In the studio each of these is a step of a row: add “Rotate” or “Smooth” in the recipe, and compare.',
      ],
      question: 'At 8 bits the differences nearly vanish. Why?',
      answers: [
        { text: 'Outliers disappear at 8 bits', why: 'They are in the inputs, whatever they are rounded to.' },
        {
          text: 'With 256 levels the step is small even when an outlier sets it',
          why: 'Each further bit halves the step, and quarters the squared error.',
        },
        { text: 'Rotations are exact only at 8 bits', why: 'They are exact always.' },
      ],
      right: 1,
    },
  ] satisfies ChapterWords[],
};

await inLanguage({ rotationWords }, { 'zh-CN': () => import('./words.zh-CN') });
