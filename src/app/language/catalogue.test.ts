/** No string is missing in any language: every file of words is walked beside its part in the language, string by string and function by function. */
import { describe, expect, it } from 'vitest';
import { CATALOGUE, KEPT } from '../../method/catalogue';
import { PAPERS } from '../../recipe/papers/table';
import { MEASURES } from '../../run/measures';
import { STEP_FACES } from '../../step/faces';
import { SAMPLES as MODELS } from '../../store/samples';
import { said as ofFaces } from './faces.zh-CN';
import { said as ofFirst } from './tables.zh-CN';
import { argumentsFor, SAMPLES, TURNS } from './testing/samples';

type Module = Readonly<Record<string, unknown>>;

const ENGLISH = import.meta.glob<Module>('../**/*words.ts', { eager: true });
const CHINESE = import.meta.glob<Module>('../**/*.zh-CN.ts', { eager: true });
const partOf = (path: string) => path.replace(/\.ts$/, '.zh-CN.ts');

/** Beside words what only the page's code reads. */
const NO_WORDS = new Set(['verbs']);

/** What is the same in Chinese: names, symbols, units, file formats. */
const SAME = new Set(
  `Quantelier|RTN|GPTQ|GPTAQ|GPTQ+R|ResComp|Shift|RTN · GPTQ · GPTAQ · ResComp|DDPM|DDIM|KL，nats|GPU|WebGPU|Markdown|LaTeX|HTML|NaN|Esc|Enter|Home、End|Home、End、Page Up、Page Down
  ?|S|T|O|W|q|H|U|P|R|Q|α|α, α_2|x − x̂|LaTeX（booktabs）|SVG|PNG|CSV|pgfplots|■`.split(/[|\n]\s*/),
);

/** Names among what tables say. */
const NAMES = new Set(['α', 'α2', 'Act-order', 'Down', 'KL']);

const HAN = /\p{Script=Han}/u;
/** Three Latin words in a row are an English sentence. */
const LATIN = /[A-Za-z’]{2,} [A-Za-z’]{2,} [A-Za-z’]{2,}/;
/** Half-width marks beside Han characters, and blanks beside full-width ones. */
const HALF = /\p{Script=Han}[,;:!?()]|[,;!?(]\p{Script=Han}|[，。；：、（）！？] | [，。；：、（）！？]/u;

interface Place {
  readonly path: string;
  readonly english: unknown;
  readonly chinese: unknown;
}

function walk({ path, english, chinese }: Place): Place[] {
  if (typeof english !== 'object' || english === null) return [{ path, english, chinese }];
  return Object.entries(english).flatMap(([key, value]) =>
    NO_WORDS.has(key)
      ? []
      : walk({
          path: `${path}.${key}`,
          english: value,
          chinese: (chinese as Module | undefined)?.[key],
        }),
  );
}

function wordsIn(module: Module): string[] {
  return Object.keys(module).filter((name) => typeof module[name] === 'object' && module[name] !== null);
}

const files = Object.keys(ENGLISH).filter((path) => wordsIn(ENGLISH[path]).length > 0);
const places = files.flatMap((path) =>
  wordsIn(ENGLISH[path]).flatMap((name) =>
    walk({ path: name, english: ENGLISH[path][name], chinese: CHINESE[partOf(path)]?.[name] }),
  ),
);

type Saying = (...given: readonly unknown[]) => unknown;

function said(say: Saying, given: readonly unknown[]): string | null {
  try {
    const text = say(...given);
    return typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}

interface Call {
  readonly given: readonly unknown[];
  readonly text: string;
  /** Whether nothing that is put in is empty. */
  readonly whole: boolean;
}

/** Calls that the English function takes, and what comes out. */
function callsOf(path: string, english: Saying): Call[] {
  const start =
    SAMPLES[path] ??
    argumentsFor(english.length)
      .filter((given) => said(english, given) !== null)
      .slice(0, 1);
  const turned = SAMPLES[path]
    ? []
    : start.flatMap((given) => given.flatMap((_, i) => TURNS.map((turn) => given.with(i, turn))));
  return [...start, ...turned].flatMap((given, i) => {
    const text = said(english, given);
    return text === null ? [] : [{ given, text, whole: i < start.length }];
  });
}

/** Which of the marked numbers and names are in a text. */
const marksIn = (text: string) => new Set(text.match(/(?<!\d)7\d(?!\d)/g) ?? []);

function faultOf(text: string, path: string): string | null {
  if (SAME.has(text) || !/[A-Za-z\p{Script=Han}]/u.test(text.replace(/name\d+/g, ''))) return null;
  if (LATIN.test(text.replaceAll('git lfs pull', ''))) return `${path} has English in it: ${text}`;
  if (HALF.test(text)) return `${path} has half-width marks or needless blanks: ${text}`;
  return null;
}

describe('zh-CN', () => {
  it('has a part for each file of words, and each part belongs to one', () => {
    expect(files.length).toBeGreaterThan(25);
    expect(files.map(partOf).filter((path) => CHINESE[path] === undefined)).toEqual([]);
    const gathered = new Set([...files.map(partOf), '../lesson/residual/chapters.zh-CN.ts']);
    expect(Object.keys(CHINESE).filter((path) => !path.startsWith('./') && !gathered.has(path))).toEqual([]);
  });

  it('has every word, in the same form', () => {
    const missing = places.filter(({ english, chinese }) => typeof english !== typeof chinese);
    expect(missing.map(({ path }) => path)).toEqual([]);
    expect(places.length).toBeGreaterThan(1200);
  });

  it('has nothing that the English words have not', () => {
    const back = files.flatMap((path) =>
      wordsIn(ENGLISH[path]).flatMap((name) =>
        walk({ path: name, english: CHINESE[partOf(path)]?.[name], chinese: ENGLISH[path][name] }),
      ),
    );
    expect(back.filter(({ chinese }) => chinese === undefined).map(({ path }) => path)).toEqual([]);
  });

  it('says every string in Chinese', () => {
    const faults = places.flatMap(({ path, english, chinese }) => {
      if (typeof english === 'number') return english === chinese ? [] : [`${path} differs`];
      if (typeof english !== 'string' || typeof chinese !== 'string') return [];
      if ((english === '') !== (chinese === '')) return [`${path} is empty in one alone`];
      if (english === chinese && english !== '' && !SAME.has(english)) return [`${path} is English: ${english}`];
      if (chinese !== english && !HAN.test(chinese) && !SAME.has(chinese))
        return [`${path} has no Chinese: ${chinese}`];
      return faultOf(chinese, path) ?? [];
    });
    expect(faults).toEqual([]);
  });

  it('says what is put in wherever the English words do', () => {
    const faults = places.flatMap(({ path, english, chinese }) => {
      if (typeof english !== 'function' || typeof chinese !== 'function') return [];
      const calls = callsOf(path, english as Saying);
      if (calls.length === 0) return [`${path} takes none of the samples: give it one in testing/samples.ts`];
      return calls.flatMap(({ given, text, whole }) => {
        const here = said(chinese as Saying, given);
        const call = `${path}(${JSON.stringify(given)})`;
        if (here === null) return [`${call} says nothing`];
        const left = [...marksIn(text)].filter((mark) => !marksIn(here).has(mark));
        if (left.length > 0) return [`${call} leaves out ${left.join(', ')}: ${here}`];
        if (/undefined|NaN\b|\[object/.test(here) && !/undefined|NaN\b|\[object/.test(text))
          return [`${call}: ${here}`];
        return whole ? (faultOf(here, call) ?? []) : [];
      });
    });
    expect(faults).toEqual([]);
  });

  const faces = [...CATALOGUE, KEPT, ...Object.values(STEP_FACES)];
  const options = faces.flatMap(({ parameters }) => Object.values(parameters));
  it.each([
    [
      'methods, steps, options and papers',
      ofFaces,
      [
        ...faces.flatMap(({ idea, fidelity }) => [idea, fidelity.why]),
        ...options.flatMap((one) => [one.label, one.help, ...('nullLabel' in one ? [one.nullLabel] : [])]),
        ...PAPERS.flatMap(({ why, fidelity }) => [why, fidelity.why]),
      ],
    ],
    [
      'samples and measures',
      ofFirst,
      [
        ...MODELS.flatMap(({ provenance, shows }) => [provenance, shows]),
        ...Object.values(MEASURES).map(({ title }) => title),
      ],
    ],
  ] as const)('knows all that %s say', (_, known, said) => {
    const all = new Set(said);
    expect([...all].filter((english) => !Object.hasOwn(known, english))).toEqual([]);
    const faults = Object.entries(known).flatMap(([english, chinese]) =>
      HAN.test(chinese) || NAMES.has(english) ? (faultOf(chinese, english) ?? []) : [`${english}: ${chinese}`],
    );
    expect(faults).toEqual([]);
  });
});
