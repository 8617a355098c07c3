/** The words of sharing. */
import type { LeftAway } from '../../store/link';
import { metricNames } from './metric-names';
import type { Form } from './snippets';
import { inLanguage } from '../language/in-language';

const LEFT: Readonly<Record<LeftAway, string>> = {
  continuations: 'what the prompt was continued by',
  ledgers: 'what each row stores, part by part',
  hessian: metricNames.hessian,
  output: metricNames.output,
  windows: 'the figure of each held-out window',
  weight: metricNames.weight,
};

export const share = {
  button: 'Share',
  title: 'Share',
  lead: 'Everything is in the address itself, behind the #: nothing is sent anywhere or stored by opening this. Who has the address has what is in it.',
  what: 'What goes in',
  recipe: 'Recipe',
  results: 'Results',
  names: 'Names of the model and its layers',
  continuations: 'What the prompt was continued by',
  note: 'A note',
  noteLabel: 'Your note, as plain text',
  contains: 'It contains',
  parts: {
    recipe: (rows: string, files: string) =>
      `the recipe: ${rows}${files === '' ? '' : `, and the names of its data files, ${files}`}`,
    sample: (name: string) => `which sample it is of, ${name}`,
    errors: (n: string, layers: string, rows: string) => `${n} error values of ${layers} and ${rows}`,
    ends: 'what each row came to end to end, with its intervals',
    model: (name: string) => `the model’s name, ${name}, and the names of its layers`,
    nameless: 'architecture and number of parameters, but neither the model’s name nor its layers’',
    print: 'the model’s fingerprint, by which another person’s copy is recognised',
    files: (files: string) => `name, size and SHA-256 of the model’s ${files}`,
    labels: (labels: string) => `where the data came from: ${labels}`,
    machine: (adapter: string, date: string) => `graphics adapter and date: ${adapter}, ${date}`,
    note: (letters: string) => `your note, ${letters} characters`,
    continuations:
      'the prompt, what full precision and every row wrote after it, and two probabilities of the first token that differs',
    none: (texts: boolean) => (texts ? 'no weights and no images' : 'no weights, no texts and no images'),
  },
  without: (what: string) => `To keep it short it leaves out ${what}. The file has everything.`,
  left: LEFT,
  show: 'Show every character of it before it is packed',
  length: (n: string) => `${n} characters`,
  advice: {
    short: 'fits anywhere',
    chat: 'above 2,000 some chats and mail programs cut it',
    long: 'above 8,000 a file is safer',
    tooLong: 'longer than the page reads: use the file',
  },
  nothing: 'Choose the recipe, the results, or both.',
  faulty: 'The recipe has fields that cannot be run yet, so it cannot go into a link.',
  form: 'As',
  forms: {
    link: 'Link',
    markdown: 'Markdown',
    latex: 'LaTeX',
    html: 'HTML',
    embed: 'Embed',
  } satisfies Record<Form, string>,
  textOf: (form: string) => `${form}, ready to be copied`,
  theme: 'Theme of the embedded chart',
  themes: { system: 'As the reader’s system', light: 'Light', dark: 'Dark' },
  copy: 'Copy',
  copied: 'Copied.',
  notCopied: 'The browser did not let the page copy: select the text and copy it yourself.',
  file: 'Download the results file',
  fileHint: 'Every figure in full, without weights. Dropped anywhere in the studio, it opens.',
  titleOf: (recipe: string, model: string) =>
    recipe === '' ? `Quantization of ${model}` : model === '' ? recipe : `${recipe} on ${model}`,
  untitled: 'A quantization recipe',
  loading: 'Loading…',
};

await inLanguage({ share }, { 'zh-CN': () => import('./words.zh-CN') });
