/** The words of rules for layers. */
import { inLanguage } from '../language/in-language';

export const ruleWords = {
  title: 'Layer rules',
  none: 'none',
  note: (rules: number, layers: string | null) =>
    `${rules === 1 ? '1 rule' : `${rules} rules`}${layers === null ? '' : ` for ${layers}`}`,
  layersOf: (n: string, of: string) => `${n} of ${of} layers`,
  hint: 'In a pattern * stands for any letters. Of several rules the first that matches a layer counts.',
  rule: (number: number) => `Rule ${number}`,
  pattern: (most: string) => `Write a pattern of 1 to ${most} letters.`,
  sameRule: (number: number) => `Rule ${number} has this pattern already: change one of them, or remove it.`,
  idle: (example: string) => `It matches no layer: layers are named like ${example}.`,
  match: 'Layers',
  matchHelp: 'A layer’s name, or a pattern: *.down_proj, model.layers.0.*',
  does: 'Get',
  keep: 'No quantization',
  other: 'Other options',
  addOption: 'One more option',
  choose: 'Choose…',
  removeOption: (label: string) => `${label} as the step has it`,
  same: 'All as the step has it.',
  reach: (layers: string, one: boolean) => `${layers} ${one ? 'layer' : 'layers'}`,
  reachOwn: (layers: string, own: string) => `${layers} layers, ${own} of them not taken by a rule before`,
  shadowed: (layers: string) => `${layers} matched, all taken by rules before it: it changes nothing. Move it up.`,
  unknown: 'How many layers it matches is known once a model is open.',
  add: 'Add a rule',
  up: (number: number) => `Move rule ${number} up`,
  down: (number: number) => `Move rule ${number} down`,
  remove: (number: number) => `Remove rule ${number}`,
  added: (number: number) => `Rule ${number} is added.`,
  removed: (number: number) => `Rule ${number} is removed.`,
  moved: (number: number, of: number) => `It is rule ${number} of ${of} now.`,
  more: (n: string) => `${n} rules more are in the recipe, too many to be edited here: copy its link or use its file.`,
};

await inLanguage({ ruleWords }, { 'zh-CN': () => import('./rule-words.zh-CN') });
