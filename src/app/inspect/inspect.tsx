/**
 * The inspect screen: any checkpoint looked into, stored or only lying on this machine. What is shown is in the address: the model's key and,
 * where one is chosen, the tensor's name.
 */
import { useEffect, useMemo, useRef } from 'react';
import { createInspect } from '../../store/inspect';
import type { PathedFile } from '../../store/models';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { filesOfInput } from '../drop';
import { Button, LinkButton } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { SelectField } from '../parts/field';
import panel from '../parts/panel.module.css';
import { Comparison } from './comparison';
import { FileFacts } from './file-facts';
import { TensorPanel } from './tensor-panel';
import { TreePane } from './tree-pane';
import { say } from './words';
import styles from './inspect.module.css';

export function Inspect() {
  const studio = useStudio();
  const inspect = studio.part(createInspect);
  const { routes, models } = studio;
  const route = useStore(routes, (state) => state.route);
  const stored = useStore(models, (state) => state.models);
  const state = useStore(inspect);
  const { listing, tensor, loose, key: shownKey } = state;
  const key = route.screen === 'inspect' ? route.key : null;
  const name = route.screen === 'inspect' ? route.tensor : null;

  const show = (model: string, chosen: string | null) =>
    routes.getState().go({ screen: 'inspect', key: model, tensor: chosen });

  useFiles(async (files) => {
    const opened = await inspect.getState().openFiles(files);
    if (opened !== null) routes.getState().go({ screen: 'inspect', key: opened, tensor: null });
  });
  useEffect(() => {
    if (key !== null) void inspect.getState().open(key);
  }, [inspect, key]);
  useEffect(() => {
    if (listing !== null && listing.key === key) void inspect.getState().choose(name);
  }, [inspect, listing, key, name]);
  // The model at hand is what most want to look into.
  useEffect(() => {
    const { currentKey } = models.getState();
    if (key === null && currentKey !== null && !inspect.getState().opening) {
      routes.getState().replace({ screen: 'inspect', key: currentKey, tensor: null });
    }
  }, [inspect, models, routes, key]);
  // Whoever goes elsewhere waits for nothing here.
  useEffect(() => () => inspect.getState().leave(), [inspect]);

  const choices = useMemo(
    () => [
      ...stored.map((model) => ({ key: model.key, name: model.name })),
      ...loose
        .filter(({ key: own }) => !stored.some((model) => model.key === own))
        .map((one) => ({ key: one.key, name: say.notStored(one.name) })),
    ],
    [stored, loose],
  );
  const shown = listing !== null && listing.key === key ? listing : null;
  const title = shown ? (stored.find((model) => model.key === key)?.name ?? shown.name) : null;
  const listed = shown?.tensors.find((one) => one.name === name);
  return (
    <div className={panel.screen}>
      <header className={styles.head}>
        <h1 tabIndex={-1}>{title === null ? say.title : say.titleOf(title)}</h1>
        {shown === null && <p className={panel.lead}>{say.lead}</p>}
        {shown?.limitation && <p className={styles.limitation}>{shown.limitation}</p>}
        <Choose choices={choices} chosen={key} onChoose={(model) => show(model, null)}>
          {stored.some((model) => model.key === key) && shown && (
            <Button
              onClick={() => {
                models.getState().open(shown.key);
                routes.getState().go({ screen: 'recipe' });
              }}
            >
              {say.recipe}
            </Button>
          )}
        </Choose>
        <p role="status" className={panel.muted}>
          {state.opening ? say.opening : ''}
        </p>
      </header>
      {state.failure && <FailureAlert failure={state.failure} onDismiss={state.dismiss} />}
      {shown && (
        <>
          <div className={styles.columns}>
            <div className={styles.side}>
              {name !== null && (
                <Button small icon="file" onClick={() => show(shown.key, null)}>
                  {say.whole}
                </Button>
              )}
              <TreePane key={shown.key} listing={shown} chosen={name} onChoose={(chosen) => show(shown.key, chosen)} />
            </div>
            {listed && tensor?.name === listed.name ? (
              <TensorPanel
                listed={listed}
                tensor={tensor}
                window={state.window}
                onRead={() => void state.read()}
                onStop={state.leave}
                onLook={(row, col) => void state.look(row, col)}
              />
            ) : name !== null && !listed ? (
              <p className={panel.muted}>{say.noTensor(name)}</p>
            ) : (
              name === null && (
                <FileFacts
                  listing={shown}
                  check={state.check}
                  onCheck={() => void state.runCheck()}
                  onStop={state.leave}
                />
              )
            )}
          </div>
          <Comparison
            listing={shown}
            candidates={choices.filter((other) => other.key !== shown.key)}
            comparison={state.comparison}
            onCompare={(other) => void state.compare(other)}
            onValues={() => void state.compareValues()}
            onStop={state.leave}
            onClose={state.closeComparison}
          />
        </>
      )}
      {key !== null && shown === null && !state.opening && shownKey === key && (
        <p>
          <LinkButton href="#/library">{say.library}</LinkButton>
        </p>
      )}
    </div>
  );
}

interface ChooseProps {
  choices: readonly { readonly key: string; readonly name: string }[];
  chosen: string | null;
  onChoose: (key: string) => void;
  children: React.ReactNode;
}

/** A stored model, or files of this machine. */
function Choose({ choices, chosen, onChoose, children }: ChooseProps) {
  const { take } = useStudio();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const known = choices.some(({ key }) => key === chosen);
  const taken = (input: HTMLInputElement) => {
    const list = input.files ? filesOfInput(input.files) : [];
    input.value = '';
    void take(list);
  };
  return (
    <>
      <div className={styles.tools}>
        <SelectField
          label={say.choose}
          value={known && chosen !== null ? chosen : ''}
          choices={[
            ...(known ? [] : [{ value: '', text: say.chooseNone }]),
            ...choices.map(({ key, name }) => ({ value: key, text: name })),
          ]}
          onChange={(key) => key !== '' && onChoose(key)}
        />
        <Button icon="file" onClick={() => files.current?.click()}>
          {say.openFiles}
        </Button>
        <Button icon="folder" onClick={() => folder.current?.click()}>
          {say.openFolder}
        </Button>
        {children}
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={say.openFiles}
        onChange={(event) => taken(event.currentTarget)}
      />
      <input
        ref={(element) => {
          folder.current = element;
          // React has no name for it.
          if (element) element.webkitdirectory = true;
        }}
        type="file"
        hidden
        aria-label={say.openFolder}
        onChange={(event) => taken(event.currentTarget)}
      />
      <p className={panel.muted}>{say.openHint}</p>
    </>
  );
}

/** What is dropped or chosen on this screen is looked at where it is; so is what was refused as a model elsewhere. */
function useFiles(look: (files: readonly PathedFile[]) => Promise<void>) {
  const studio = useStudio();
  const latest = useRef(look);
  useEffect(() => {
    latest.current = look;
  });
  useEffect(() => {
    studio.takeHere((files) => latest.current(files));
    const refused = studio.models.getState().takeRefused();
    if (refused !== null) void latest.current(refused);
    return () => studio.takeHere(null);
  }, [studio]);
}
