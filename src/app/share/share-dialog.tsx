/**
 * What goes into a link, exactly, before it is copied: chosen part by part, told in words and as the very text that is packed; how long the
 * link is and what it lacks for that; and the forms in which it is passed on. Nothing is stored by opening this.
 */
import { useDeferredValue, useId, useMemo, useState } from 'react';
import { RESULTS_NAME, resultsText } from '../../run/figure-files';
import { COMFORTABLE, makeLink, NOTE_LIMIT, type EncodedLink, type LinkWish } from '../../store/link';
import { METRICS_BY_WEIGHT } from '../../store/link-results';
import { SAMPLES } from '../../store/samples';
import { copyText, download } from '../clipboard';
import * as format from '../format';
import { Button } from '../parts/button';
import { CheckField, SelectField } from '../parts/field';
import { Choices, Toolbar } from '../parts/toolbar';
import { recipeInShort } from '../recipe-words';
import chart from '../chart/chart.module.css';
import type { Shared } from './shared-parts';
import { FORMS, SNIPPETS, type Form, type Shareable } from './snippets';
import { share as say } from './words';
import styles from './share.module.css';

/** Where some chats begin to cut. */
const CHAT_LIMIT = 2000;

export function ShareDialog({ recipe, result, sample, faulty = false }: Shared) {
  const usable = faulty ? null : recipe;
  const [withRecipe, setWithRecipe] = useState(usable !== null);
  const [withResults, setWithResults] = useState(result !== null);
  const [withNote, setWithNote] = useState(false);
  const [names, setNames] = useState(true);
  // Text that somebody wrote, and what came of it: it goes where that is wanted.
  const [continued, setContinued] = useState(false);
  const [typed, setNote] = useState('');
  // Packing takes a moment where there are many layers: typing does not wait for it.
  const note = useDeferredValue(typed);
  const wish: LinkWish = useMemo(
    () => ({
      recipe: withRecipe ? usable : null,
      sample: withRecipe || (withResults && names) ? sample : null,
      note: withNote ? note.trim() : '',
      result: withResults ? result : null,
      names,
      continuations: continued,
    }),
    [withRecipe, usable, withResults, names, continued, sample, withNote, note, result],
  );
  const empty = wish.recipe === null && !wish.result;
  const link = useMemo(() => (empty ? null : makeLink(wish)), [empty, wish]);
  return (
    <div className={styles.dialog}>
      <p className={styles.lead}>{say.lead}</p>
      <fieldset className={styles.parts}>
        <legend>{say.what}</legend>
        <CheckField
          label={say.recipe}
          value={wish.recipe !== null}
          disabled={usable === null}
          onChange={setWithRecipe}
        />
        <CheckField label={say.results} value={withResults} disabled={result === null} onChange={setWithResults} />
        <CheckField label={say.names} value={names} disabled={!wish.result} onChange={setNames} />
        {result?.continuations && (
          <CheckField
            label={say.continuations}
            value={continued && wish.result !== null}
            disabled={!wish.result}
            onChange={setContinued}
          />
        )}
        <CheckField label={say.note} value={withNote} onChange={setWithNote} />
      </fieldset>
      {withNote && (
        <label className={styles.note}>
          {say.noteLabel}
          <textarea rows={3} maxLength={NOTE_LIMIT} value={typed} onChange={(event) => setNote(event.target.value)} />
        </label>
      )}
      {faulty && <p role="status">{say.faulty}</p>}
      {link ? <Linked wish={wish} link={link} /> : <p role="status">{say.nothing}</p>}
      {result && (
        <div className={styles.file}>
          <Button
            icon="download"
            onClick={() => download(RESULTS_NAME, new Blob([resultsText(result)], { type: 'application/json' }))}
          >
            {say.file}
          </Button>
          <p className={styles.lead}>{say.fileHint}</p>
        </div>
      )}
    </div>
  );
}

function Linked({ wish, link }: { wish: LinkWish; link: EncodedLink }) {
  const { without, json, fits, payload } = link;
  return (
    <>
      <section className={styles.contents} aria-labelledby="share-contents">
        <h3 id="share-contents">{say.contains}</h3>
        <ul>
          {partsOf(wish, without).map((part) => (
            <li key={part}>{part}</li>
          ))}
        </ul>
        {without.length > 0 && <p>{say.without(format.list(without.map((one) => say.left[one])))}</p>}
        <details>
          <summary>{say.show}</summary>
          <pre className={styles.json} tabIndex={0} aria-label={say.show}>
            {json}
          </pre>
        </details>
      </section>
      <Forms payload={payload} title={titleOf(wish)} fits={fits} />
    </>
  );
}

/** In words, all that is in it. */
function partsOf(
  { recipe, sample, note, result, names, continuations = false }: LinkWish,
  without: EncodedLink['without'],
): string[] {
  const { parts } = say;
  const title = SAMPLES.find(({ id }) => id === sample)?.title;
  const continued = continuations && result?.continuations !== undefined && !without.includes('continuations');
  const files = recipe ? [recipe.calibration.file, recipe.heldOut.file].filter((name) => name !== null) : [];
  return [
    ...(recipe ? [parts.recipe(recipeInShort(recipe) || say.untitled, format.list(files))] : []),
    ...(title ? [parts.sample(title)] : []),
    ...(result ? resultParts(result, names ?? true) : []),
    ...(continued ? [parts.continuations] : []),
    ...(note ? [parts.note(format.integer(note.length))] : []),
    parts.none(continued || recipe?.continuation !== undefined),
  ];
}

function resultParts(result: NonNullable<LinkWish['result']>, names: boolean): string[] {
  const { parts } = say;
  const { plan, layers, blocks, model, adapter, date } = result;
  const values = layers.flatMap(({ errors }) => METRICS_BY_WEIGHT.filter((metric) => errors[metric] !== null)).length;
  const counted = (n: number, one: string) => `${format.integer(n)} ${one}${n === 1 ? '' : 's'}`;
  return [
    parts.errors(
      format.integer(values + 2 * blocks.length),
      counted(plan.layers.length, 'layer'),
      counted(plan.rows.length, 'row'),
    ),
    parts.ends,
    names ? parts.model(model.name) : parts.nameless,
    parts.print,
    ...(names && model.files && model.files.length > 0 ? [parts.files(counted(model.files.length, 'file'))] : []),
    parts.labels(format.list([...new Set([plan.calibrationLabel, plan.heldOutLabel])])),
    parts.machine(adapter, format.date(date)),
  ];
}

function titleOf({ recipe, result, names, sample }: LinkWish): string {
  const methods = recipe ? recipeInShort(recipe) : '';
  const title = SAMPLES.find(({ id }) => id === sample)?.title;
  const model = result ? (names ? result.model.name : result.model.architecture) : (title ?? '');
  return say.titleOf(methods, model) || say.untitled;
}

function Forms({ payload, title, fits }: { payload: string; title: string; fits: boolean }) {
  const [form, setForm] = useState<Form>('link');
  const [theme, setTheme] = useState<Shareable['theme']>('system');
  const [said, setSaid] = useState<{ text: string; copied: boolean } | null>(null);
  const id = useId();
  const text = SNIPPETS[form]({ base: window.location.href.split('#')[0], payload, title, theme });
  const copy = async () => setSaid({ text, copied: await copyText(text) });
  const { advice } = say;
  const length = text.length;
  const hint = !fits
    ? advice.tooLong
    : length > COMFORTABLE
      ? advice.long
      : length > CHAT_LIMIT
        ? advice.chat
        : advice.short;
  return (
    <section className={styles.forms} aria-label={say.form}>
      <Toolbar className={chart.toolbar} label={say.form}>
        <Choices
          label={say.form}
          className={chart.group}
          choiceClassName={chart.choice}
          value={form}
          choices={FORMS.map((value) => ({ value, text: say.forms[value] }))}
          onChange={setForm}
        />
      </Toolbar>
      {form === 'embed' && (
        <SelectField
          label={say.theme}
          value={theme}
          choices={(['system', 'light', 'dark'] as const).map((value) => ({ value, text: say.themes[value] }))}
          onChange={(value) => setTheme(value as Shareable['theme'])}
        />
      )}
      <textarea
        id={id}
        className={styles.text}
        readOnly
        rows={4}
        value={text}
        aria-label={say.textOf(say.forms[form])}
        onFocus={(event) => event.currentTarget.select()}
      />
      <p className={styles.length}>
        {say.length(format.integer(length))}: {hint}
      </p>
      <div className={styles.copy}>
        <Button look="primary" icon="copy" disabled={!fits} onClick={() => void copy()}>
          {say.copy}
        </Button>
        <p role="status">{said?.text === text ? (said.copied ? say.copied : say.notCopied) : ''}</p>
      </div>
    </section>
  );
}
