/** The words of “Where does the rounding error go?”. What is said of figures is made from them; nothing here says which method is ahead. */
import type { LessonMethod, Term } from '../../../lesson/residual/methods';
import type { ChapterWords } from '../chapter';
import { inLanguage } from '../../language/in-language';

const signed = (text: string) => (text.startsWith('−') ? text : `+${text}`);
const columns = (n: number) => (n === 1 ? '1 later column' : `${n} later columns`);

export const residualWords = {
  title: 'Where does the rounding error go?',
  source: (layer: string, model: string, before: string) =>
    `From ${layer} of the sample ${model}, behind layers quantized with ${before}: 8 of its rows, 16 of its inputs, 128 tokens. A seed draws which ones; none was picked by hand, and the last chapter shows all 200.`,
  method: 'Method',
  methods: {
    rtn: 'RTN',
    gptq: 'GPTQ',
    gptaq: 'GPTAQ',
    gptq_r: 'GPTQ+R',
    rescomp: 'ResComp',
    shift: 'Shift',
  } satisfies Record<LessonMethod, string>,
  /** Terms that no published method has. */
  ownMix: 'This mix',
  formula: {
    group: 'The update of the later columns; each term can be switched on and off',
    left: 'each later column j becomes itself',
    terms: {
      compensation: 'Compensation: minus the rounding error w minus q over U c c, times U c j',
      drift: 'Drift: plus alpha times w times P c j',
      residual: 'Residual: plus alpha 2 times w 0 minus w, times R c j',
    } satisfies Record<Term, string>,
    names: { compensation: 'compensation', drift: 'drift', residual: 'residual' } satisfies Record<Term, string>,
    shift: 'before the first column, W becomes W plus alpha W D H inverse',
    collapsed:
      'with alpha 2 equal to alpha, each later column j becomes itself minus the blended error, 1 minus alpha times w minus q, plus alpha times w 0 minus q, over U c c, times U c j, plus alpha times w 0 times P c j',
  },
  symbols: {
    title: 'What the letters mean',
    list: [
      ['W', 'W', 'the weights as they stand; w is column c, w_0 what it was before the first column'],
      ['q', 'q', 'column c rounded to its grid'],
      ['H', 'H', 'X X^T of the inputs X that the layer gets behind quantized layers, with 1 % damping'],
      [
        'U',
        'U',
        'upper triangular with U^T U = H^−1: its row c says how later columns make up for an error in column c',
      ],
      [
        'P',
        'P',
        'from D = (X̃ − X) X^T, X̃ being the full-precision inputs: how later columns make up for the drift of input c',
      ],
      [
        'R',
        'R',
        'P + I − diag(U)^−1 U, without P where the drift term is off: how later columns make up for column c having been moved',
      ],
      [
        'α',
        'α, α_2',
        'how much of the drift and of the residual is made up for; the published code takes 0.25 of each',
      ],
    ] as readonly (readonly [string, string, string])[],
  },
  grid: 'The matrices, column by column',
  column: (n: number) => `column ${n}`,
  row: (n: number) => `row ${n}`,
  bands: {
    w: 'W, the weights now',
    u: (c: number) => `Row ${c} of U`,
    p: (c: number) => `Row ${c} of P`,
    r: (c: number) => `Row ${c} of R`,
    update: 'Update in flight',
    updateOf: (term: string) => `Update in flight, the ${term} alone`,
    shift: 'What Shift adds, all at once',
    q: 'Q, the rounded weights',
    error: 'Error of each rounding, w − q',
  },
  show: 'Also show',
  shown: { vectors: 'rows of U, P, R', update: 'update', q: 'Q', error: 'error' },
  cell: (band: string, row: number, column: number, value: string) => `${band}, row ${row}, column ${column}, ${value}`,
  vectorCell: (band: string, column: number, value: string) => `${band}, column ${column}, ${value}`,
  changed: (text: string, by: string) => `${text}, changed by ${signed(by)}`,
  rounded: (text: string) => `${text}, rounded`,
  parts: (text: string, parts: string) => `${text}: ${parts}`,
  part: (term: string, value: string) => `${term} ${signed(value)}`,
  nothing: 'nothing yet',
  empty: (band: string, row: number, column: number) => `${band}, row ${row}, column ${column}, nothing yet`,
  scale: (largest: string) => `Colours: purple is taken away, orange is added; the strongest here is ${largest}.`,
  says: {
    start: (error: string) =>
      `Nothing is rounded yet. Behind quantized layers the inputs have drifted: the output is already off by ${error}.`,
    startShift: (largest: string) =>
      `Before the first column, Shift adds to every weight what makes up for the drift; the largest change is ${largest}.`,
    round: (c: number, row: number, up: boolean, by: string) =>
      `Column ${c} is rounded. Row ${row} moves most, ${up ? 'up' : 'down'} by ${by}.`,
    error: (c: number, pivot: string) => `Its error, divided by ${pivot}, goes along row ${c} of U.`,
    termsOnly: (c: number) =>
      `The error itself is left where it is; the other terms go along row ${c} of their matrices.`,
    errorOff: 'With every term off, nothing is done about it.',
    spread: (later: number, row: number, column: number, by: string) =>
      `${columns(later)} take it up; row ${row} of column ${column} moves most, by ${signed(by)}.`,
    spreadOff: (later: number) => `The ${columns(later)} stay as they are.`,
    last: 'No column is left to take it up: this error stays.',
    against: (error: string, rtn: string, ratio: string) => `Output error ${error}; RTN at this step ${rtn}, ${ratio}.`,
    alone: (error: string) => `Output error ${error}.`,
    same: 'the same',
    lower: (share: string) => `so ${share} lower`,
    higher: (share: string) => `so ${share} higher`,
  },
  chart: {
    caption: 'Output error as the columns go by',
    hint: 'of the weights as they stand, against the full-precision output, on the calibration tokens',
    table: 'The figures, column by column',
    columns: { column: 'After column', method: 'This method', rtn: 'RTN' },
    before: 'none',
    endRtn: (rtn: string, rtnHeldOut: string) =>
      `With all columns rounded: ${rtn} on the calibration tokens and ${rtnHeldOut} on tokens that were held out.`,
    end: (name: string, error: string, heldOut: string, rtn: string, rtnHeldOut: string) =>
      `With all columns rounded: ${name} ${error} on the calibration tokens and ${heldOut} on tokens that were held out; RTN ${rtn} and ${rtnHeldOut}.`,
  },
  settings: {
    title: 'Settings',
    bits: 'Bits',
    group: 'Scale',
    groups: { row: 'one a row', '8': 'one for 8 columns' },
    alpha: 'α, of the drift',
    alpha2: 'α2, of the residual',
    seed: 'Seed',
    nextSeed: 'Next seed',
  },
  strip: {
    title: 'Is this seed typical?',
    caption: (tokens: string) =>
      `Final output error of all 200 seeds, ${tokens}; the long mark is the median, the triangle this seed`,
    tokens: { calibration: 'calibration tokens', heldOut: 'held-out tokens' },
    choose: 'Measured on',
    progress: (n: number, of: number) => `${n} of ${of} seeds computed…`,
    below: (first: string, second: string, n: number, of: number) =>
      `${first} ends below ${second} in ${n} of ${of} seeds`,
    here: (first: string, second: string, below: boolean) =>
      `on this seed ${first} is ${below ? 'below' : 'not below'} ${second}`,
    sentence: (parts: readonly string[]) => `${parts.join('; ')}.`,
    table: 'Figures of the 200 seeds',
    columns: { method: 'Method', median: 'Median', here: 'This seed', belowRtn: 'Below RTN', belowGptq: 'Below GPTQ' },
    seeds: (n: number, of: number) => `${n} of ${of}`,
  },
  collapse: {
    title: 'Three terms and two give the same',
    row: 'row',
    three: 'three terms',
    two: 'blended error and w0',
    caption: (c: number, j: number) => `What column ${c} adds to column ${j}`,
    none: 'Step to a column that has later ones.',
    unequal: 'The collapse to two terms is for α2 = α: set both sliders alike.',
    off: 'The collapse is that of ResComp: switch all three terms on.',
    difference: (value: string) => `Largest difference over the whole update: ${value}, the rounding of float64.`,
  },
  chapters: [
    {
      title: 'To the nearest level',
      text: [
        'A quantized matrix stores codes. Each row has a grid: with 3 bits, eight levels from its smallest weight to its largest. Rounding to nearest, RTN, gives each weight the level next to it and looks at nothing else.',
        'Step through the columns. W becomes Q, and what is left over is the error w − q. Nothing else moves.',
      ],
      question: 'How large can the rounding error of a weight inside its grid be?',
      answers: [
        {
          text: 'Half of its grid’s step',
          why: 'The nearest level is never further than half the distance between two. One bit more halves the step.',
        },
        { text: 'A whole step', why: 'Then another level would be nearer.' },
        {
          text: 'That depends on the inputs',
          why: 'RTN does not look at inputs. They decide what the error does to the output, which is the next chapter.',
        },
      ],
      right: 0,
    },
    {
      title: 'What counts is the output',
      text: [
        'Nobody looks at weights. A layer multiplies them with its inputs and adds up: errors in one row can add up too, or cancel. The output error is |W X̃ − Q X|² as a share of |W X̃|², X̃ being the inputs in full precision and X those that the layer really gets.',
        'The line below follows it. It does not simply climb: a column’s error may undo a part of another’s.',
      ],
      question:
        'Two weights of a row are rounded up by the same amount. Their inputs are always x and −x. What reaches the output?',
      answers: [
        { text: 'Twice the error', why: 'It would, if the two inputs were equal.' },
        {
          text: 'Nothing: the two cancel',
          why: 'e · x + e · (−x) = 0. Whether errors cancel lies in how inputs go together, and that is what H = X X^T holds.',
        },
        { text: 'The larger of the two', why: 'Outputs are sums, and here the two parts have opposite signs.' },
      ],
      right: 1,
    },
    {
      title: 'GPTQ: the others take it over',
      text: [
        'Columns that are not rounded yet may still move. GPTQ moves them so that the output changes least. That is a least-squares problem, and its answer is ready-made: the error over U_cc, along row c of U, where U^T U is the inverse of H.',
        'Where two inputs go together, U has a large entry, and the one takes over much of the other’s error. Hover over the compensation term to see its cells.',
      ],
      question: 'What happens to the error of the last column?',
      answers: [
        { text: 'It goes back to the first column', why: 'That one is rounded and can take only values of its grid.' },
        { text: 'It is shared among all', why: 'All others are rounded already.' },
        {
          text: 'It stays',
          why: 'Nothing is left that could move. The order of columns matters for that reason, and act-order leaves the inputs that carry least to the end.',
        },
      ],
      right: 2,
    },
    {
      title: 'The inputs have drifted',
      text: [
        'Layers before this one are quantized too, so X is not X̃ any more. Look at the first step: no weight is rounded, and the output is off already.',
        'GPTQ compares with W X. It makes up for its own rounding, and does not see that W X has moved away from W X̃.',
      ],
      question: 'Why does the line not begin at zero?',
      answers: [
        {
          text: 'The weights of this layer were stored in 16 bits',
          why: 'They are exact here; what differs are the inputs.',
        },
        {
          text: 'The inputs come from layers that are quantized',
          why: 'W X̃ is what is wanted, W X what one gets with the very same weights.',
        },
        { text: 'Damping', why: 'Damping changes H, and nothing has been computed with H yet.' },
      ],
      right: 1,
    },
    {
      title: 'GPTAQ: aim at the full-precision output',
      text: [
        'GPTAQ aims at W X̃. Each column is responsible for its own input’s drift: α w P says how the later columns make up for what the drift of input c does through its weight w.',
        'P comes of D = (X̃ − X) X^T. The paper has α = 1, the published code 0.25: what is systematic in the drift should be made up for, what is chance should not. Move α, and watch the held-out figure.',
      ],
      question: 'The inputs have not drifted at all. What is GPTAQ then?',
      answers: [
        { text: 'GPTQ', why: 'D = 0, hence P = 0, and the term is gone.' },
        { text: 'RTN', why: 'The compensation term stays; it needs no drift.' },
        { text: 'Undefined', why: 'P = 0 is a good matrix: the term adds nothing.' },
      ],
      right: 0,
    },
    {
      title: 'ResComp: the weights have moved as well',
      text: [
        'When column c is rounded it is no longer what it was: earlier columns have moved it from w_0 to w. GPTAQ takes w for the target. ResComp remembers w_0, and adds what the way from w_0 to w did to the output: α_2 (w_0 − w) R.',
        'On one layer’s own error this may help or not, as you see here; the paper reports its gains on whole networks.',
      ],
      question: 'At which column is the residual term certainly zero?',
      answers: [
        { text: 'At the last one', why: 'There it has nowhere to go; but w_0 − w is rarely zero.' },
        {
          text: 'At the one with the largest input',
          why: 'What it is made of is how far the weight has moved, whatever its input.',
        },
        { text: 'At the first one', why: 'Nothing has moved it yet: w = w_0.' },
      ],
      right: 2,
    },
    {
      title: 'The second matrix collapses',
      text: [
        'R looks like a second product of large matrices. But X̃ X^T = H + D, and H U^T is U^−1: what is left is R = P + I − diag(U)^−1 U. No product at all.',
        'Put that in, with α_2 = α, and three terms become two. GPTQ’s term gets a blended error, (1 − α)(w − q) + α (w_0 − q): rounding is charged with a part of the way from w_0. GPTAQ’s term gets w_0 in the place of w.',
      ],
      question: 'What does ResComp cost beyond GPTAQ?',
      answers: [
        {
          text: 'A copy of the weights',
          why: 'w_0 has to be remembered; everything else is the same two products with other factors.',
        },
        { text: 'Another product of two C × C matrices', why: 'That is what the identity spares.' },
        {
          text: 'Another pass over the calibration tokens',
          why: 'H and D are all that it needs of them, and both are there.',
        },
      ],
      right: 0,
    },
    {
      title: 'Shift: all at once, before',
      text: [
        'If the aim is W X̃, why not go there first? The weights that come nearest to it, W + W D H^−1, are a least-squares solution. Shift goes α of that way before the first column, and then is GPTQ.',
        'This one is the studio’s own and not a published method; Qronos is related. Its ranges are fitted to the moved weights.',
      ],
      question: 'Which terms does Shift need inside of the loop?',
      answers: [
        { text: 'Compensation and drift', why: 'The drift was made up for at the start, for all columns at once.' },
        { text: 'All three', why: 'Its w_0 is the moved weight; there is no residual to charge.' },
        { text: 'Compensation alone', why: 'After the start it is GPTQ, on other weights.' },
      ],
      right: 2,
    },
    {
      title: 'Is what you saw typical?',
      text: [
        'You have looked at one cut: 8 rows, 16 inputs. Here are 200 of the same layer, each with every method. The order that one cut shows is a tendency at most.',
        'Change the bits, the group, α; measure on tokens that nothing was fitted to. A real layer is larger, and what counts in the end is the whole network: that is what the studio’s Compare is for.',
      ],
      question: 'On this seed one method ends below another. What follows?',
      answers: [
        {
          text: 'It is the better method',
          why: 'On another seed it may be the other way round; the strip says how often.',
        },
        {
          text: 'Only that it does so on this cut, at these settings',
          why: 'How often it holds is what the strip shows, and only for this layer’s own error.',
        },
        {
          text: 'Nothing can ever be said',
          why: 'Many seeds together do say something, with the share in which it holds.',
        },
      ],
      right: 1,
    },
  ] satisfies ChapterWords[],
};

await inLanguage({ residualWords }, { 'zh-CN': () => import('./words.zh-CN') });
