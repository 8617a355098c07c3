/** The words of “What is a codebook?”. Figures are put in. */
import type { ChapterWords } from '../chapter';
import { inLanguage } from '../../language/in-language';

export const codebookWords = {
  title: 'What is a codebook?',
  source: (layer: string, model: string) =>
    `From ${layer} of the sample ${model}: the first 32 of its rows and inputs, 512 pairs of weights. Chapters 3 and 4 take 8 of these rows and 16 inputs with their tokens; a seed draws which.`,
  plane: {
    caption: 'Each pair of neighbouring weights as a point',
    spokes: 'A line leads from each pair to its codeword',
    magnitudes: 'Each pair without its signs',
    table: 'The codewords',
    columns: { codeword: 'Codeword', x: 'First weight', y: 'Second weight', pairs: 'Pairs' },
  },
  says: {
    points: (pairs: number, bits: string) =>
      `${pairs} pairs. A codebook of ${bits} would name each of them by a number.`,
    start: (error: string) => `The start: codewords are pairs from the inside to the outside. Error ${error}.`,
    assign: (changed: number, error: string) =>
      changed === 0
        ? `No pair changes its codeword: this is the end. Error ${error}.`
        : `${changed} ${changed === 1 ? 'pair goes' : 'pairs go'} to a nearer codeword. Error ${error}.`,
    move: (moved: number, error: string) =>
      `${moved} ${moved === 1 ? 'codeword moves' : 'codewords move'} to the middle of ${moved === 1 ? 'its' : 'their'} pairs. Error ${error}.`,
    error: 'Error: Σ |v − c|² over all pairs, as a share of Σ |v|².',
    columnsStart: 'Nothing is coded yet.',
    columns: (first: number, second: number, otherwise: number, rows: number) =>
      `Columns ${first} and ${second} are coded. In ${otherwise} of ${rows} rows the codeword is another one than the nearest in the plane.`,
    columnsError: (here: string, plain: string) =>
      `Output error with all columns coded: ${here}; each pair to its nearest codeword, nothing moving: ${plain}.`,
    ratios: (step: number, loss: string, frozen: string, nearest: string) =>
      `After ${step} steps the layer’s own loss is ${loss}, and ${frozen} of the pairs have settled on one codeword. With each pair’s nearest codeword alone it is ${nearest}.`,
    signs: (split: string, splitWords: string, plain: string, plainWords: string) =>
      `One sign bit a weight and ${splitWords} magnitudes: error ${split}. ${plainWords} codewords with their signs, as many bits a pair: error ${plain}.`,
  },
  columns: {
    grid: 'The matrix, two columns at a time',
    column: (n: number) => `column ${n}`,
    row: (n: number) => `row ${n}`,
    w: 'W now: codewords where it is coded',
    codes: 'Number of the codeword',
    cell: (band: string, row: number, column: number, value: string) =>
      `${band}, row ${row}, column ${column}, ${value}`,
    otherwise: (text: string) => `${text}, not the nearest in the plane`,
    empty: 'nothing yet',
  },
  ratios: {
    caption: 'The candidates of the first row’s pairs, and their ratios',
    pair: 'Pair',
    candidate: (n: number) => `Candidate ${n}`,
    cell: (codeword: number, ratio: string) => `no. ${codeword}: ${ratio}`,
  },
  shared: {
    caption: (k: string) => `${k} codewords: one codebook each, and one for all`,
    columns: { network: 'Network', pairs: 'Pairs', own: 'Error, its own codebook', common: 'Error, the common one' },
    bits: (own: string, common: string) =>
      `Codebooks take ${own} bits a weight where each network has its own, and ${common} where the three have one together.`,
  },
  bits: {
    caption: 'Bits a weight, part by part',
    columns: { matrix: 'Matrix', indices: 'Indices', signs: 'Signs', codebook: 'Codebook', total: 'In all' },
    matrix: (n: string) => `${n} × ${n}`,
    plain: (k: string) => `${k} codewords`,
    signs: (k: string) => `${k} magnitudes and signs`,
  },
  settings: { title: 'Settings', codewords: 'Codewords', seed: 'Next seed' },
  chapters: [
    {
      title: 'Pairs as points',
      text: [
        'A grid rounds one weight at a time. A codebook takes several: here two neighbours of a row, which are a point in the plane. What is stored is the number of a codeword, one of a few points that stand for all.',
        'With 16 codewords a number takes 4 bits, so 2 bits a weight, and the codewords can lie wherever the weights do.',
      ],
      question: 'A grid of 2 bits for each of two weights also gives 16 points. What can a codebook do that it cannot?',
      answers: [
        { text: 'Have more points', why: 'As many bits name as many points.' },
        {
          text: 'Put its points anywhere, and more of them where pairs are dense',
          why: 'A grid’s 16 points are a 4 × 4 lattice, in the corners too, where hardly any pair is.',
        },
        {
          text: 'Store weights without error',
          why: 'Pairs differ from their codewords, as weights differ from their levels.',
        },
      ],
      right: 1,
    },
    {
      title: 'k-means moves the codewords',
      text: [
        'Two half steps, again and again: each pair goes to its nearest codeword, each codeword to the middle of its pairs. Neither can make the error larger, so it comes to an end.',
        'Step through it, and change the number of codewords.',
      ],
      question: 'Is the end the best codebook there is?',
      answers: [
        {
          text: 'Yes, the error cannot fall further',
          why: 'By these two half steps it cannot. Another start may end lower.',
        },
        {
          text: 'Not always: it depends on the start',
          why: 'k-means finds a place from which neither half step leads down; there are many.',
        },
        { text: 'Yes, whatever the start', why: 'Different starts do end at different errors.' },
      ],
      right: 1,
    },
    {
      title: 'GPTVQ: columns and codewords',
      text: [
        'What counts is the output, and later columns can take an error over, as in GPTQ. GPTVQ goes through the matrix two columns at a time: the codeword is the nearest in the metric of these columns, |(w − c) U_PP^−1|^2, and what is left over moves the later columns.',
        'Marked numbers are codewords that are not the nearest in the plane.',
      ],
      question: 'Why is the nearest codeword in the plane not always chosen?',
      answers: [
        {
          text: 'An error in one of the two columns may cost the output more than in the other, or be easier to make up for',
          why: 'That is what U_PP says of the pair.',
        },
        { text: 'It is taken already', why: 'A codeword may stand for any number of pairs.' },
        { text: 'To save bits', why: 'Every number takes the same bits.' },
      ],
      right: 0,
    },
    {
      title: 'VQ4DiT: candidates and ratios',
      text: [
        'Which of the near codewords is right is a question for the output. VQ4DiT lets each pair keep several candidates, mixed by ratios that begin in proportion to 1/distance, and trains the ratios until one is all and can be frozen.',
        'Here the loss is this layer’s own, and the pull towards one candidate grows from step to step; the paper’s loss is that of the whole network along its own sampling. A mixture can be nearer than any codeword: watch the loss rise again as the ratios settle.',
      ],
      question: 'Why not simply train the codewords’ numbers?',
      answers: [
        {
          text: 'Numbers have no gradient',
          why: 'A ratio can change a little, and the loss says which way. A number can only jump.',
        },
        { text: 'There are too many of them', why: 'There are more ratios than numbers.' },
        { text: 'They are stored in too few bits', why: 'While training, nothing has to be small.' },
      ],
      right: 0,
    },
    {
      title: 'SSVQ: signs apart',
      text: [
        'Weights lie around zero, about as many on either side. SSVQ stores one sign bit a weight, and the codebook needs only the quadrant of the magnitudes. With 4 of them and two sign bits a pair costs what 16 codewords cost.',
        'Signs can be learned: a weight whose sign flips goes to the mirror image of its codeword, which no gradient of a common codeword would do for it alone.',
      ],
      question: 'How many different pairs can 4 magnitudes and two signs stand for?',
      answers: [
        { text: '4', why: 'That is without the signs.' },
        { text: '8', why: 'Two signs are four choices and not two.' },
        { text: '16', why: 'Four magnitudes, each in four quadrants: as many as 16 codewords, but mirrored ones.' },
      ],
      right: 2,
    },
    {
      title: 'One codebook for several networks',
      text: [
        'Codewords cost bits too. Weights of different networks look alike, once each is divided by its own size; so one codebook may serve them all, and be in the hardware from the start. That is the thought of VQ4ALL.',
        'Here are the same layer’s pairs of three of the samples, with a codebook each and with one for all.',
      ],
      question: 'What does a common codebook save?',
      answers: [
        { text: 'Bits of the indices', why: 'Each pair still needs the number of its codeword.' },
        {
          text: 'The codewords, once for each further network',
          why: 'And with many networks their share goes to nothing.',
        },
        { text: 'Training', why: 'Indices, or ratios, still belong to each network.' },
      ],
      right: 1,
    },
    {
      title: 'What it costs',
      text: [
        'Nothing is free in the account: indices, signs, and the codewords themselves, 16 bits for each of their numbers. On a small matrix the codebook weighs as much as the indices; on a large one it hardly counts.',
        'The studio shows this account for every row of every run.',
      ],
      question: 'A codebook of 256 codewords for a 32 × 32 matrix, in pairs. What is wrong with it?',
      answers: [
        { text: 'Its numbers do not fit into 8 bits', why: '256 numbers are exactly 8 bits.' },
        {
          text: 'Its 256 · 2 · 16 bits are 8 bits a weight, more than all the rest',
          why: '512 pairs hardly need 256 codewords; the size of a matrix sets a sensible K.',
        },
        { text: 'Nothing, more codewords are better', why: 'The error falls; but so it does with any more bits.' },
      ],
      right: 1,
    },
  ] satisfies ChapterWords[],
};

await inLanguage({ codebookWords }, { 'zh-CN': () => import('./words.zh-CN') });
