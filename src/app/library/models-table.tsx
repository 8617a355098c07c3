/** What is stored in this browser to be quantized. */
import type { StoredModel } from '../../worker/protocol';
import { useStore } from '../../store/react';
import { formatRoute } from '../../store/route';
import { useStudio } from '../context';
import * as format from '../format';
import { useFocusAfterRemoval } from '../hooks';
import { Button, IconButton, LinkButton } from '../parts/button';
import { Tag } from '../parts/tag';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { ModelName } from './model-name';

const { columns } = words.library;

export function ModelsTable() {
  const { models, loaded, currentKey } = useStore(useStudio().models);
  const { list, removing } = useFocusAfterRemoval(models.length);
  return (
    <section ref={list} className={panel.section} aria-labelledby="models-title">
      <h2 id="models-title">{words.library.models}</h2>
      {models.length === 0 ? (
        <p className={panel.muted}>{loaded ? words.library.noModels : ''}</p>
      ) : (
        <div className={panel.tableFrame}>
          <table className={`${panel.table} ${panel.cards}`}>
            <caption className="visually-hidden">{words.library.modelsTable}</caption>
            <thead>
              <tr>
                <th scope="col">{columns.name}</th>
                <th scope="col">{columns.architecture}</th>
                <th scope="col" className={panel.number}>
                  {columns.parameters}
                </th>
                <th scope="col" className={panel.number}>
                  {columns.size}
                </th>
                <th scope="col">{columns.data}</th>
                <th scope="col" className={panel.actions}>
                  <span className="visually-hidden">{columns.actions}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {models.map((model, i) => (
                <ModelRow key={model.key} model={model} open={model.key === currentKey} onRemove={() => removing(i)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface ModelRowProps {
  model: StoredModel;
  open: boolean;
  /** Told before the row goes. */
  onRemove: () => void;
}

function ModelRow({ model, open, onRemove }: ModelRowProps) {
  const { acts, models, routes } = useStudio();
  const openModel = () => {
    models.getState().open(model.key);
    routes.getState().go({ screen: 'recipe' });
  };
  return (
    <tr>
      <th scope="row">
        <ModelName model={model}>
          {model.sample && <Tag>{words.library.sampleTag}</Tag>}
          {open && <Tag tone="ok">{words.library.openTag}</Tag>}
        </ModelName>
      </th>
      <td data-label={columns.architecture}>{model.architecture ?? words.library.unknownArchitecture}</td>
      <td data-label={columns.parameters} className={panel.number}>
        {format.count(model.parameters)}
      </td>
      <td data-label={columns.size} className={panel.number}>
        {format.bytes(model.bytes)}
      </td>
      <td data-label={columns.data}>{[...model.texts, ...model.images].join(', ') || words.library.noData}</td>
      <td className={panel.actions}>
        <span className={panel.actionRow}>
          <Button small aria-label={words.library.open(model.name)} onClick={openModel}>
            {words.library.openWord}
          </Button>
          <LinkButton
            small
            href={formatRoute({ screen: 'inspect', key: model.key, tensor: null })}
            aria-label={words.library.inspect(model.name)}
          >
            {words.shell.screens.inspect}
          </LinkButton>
          <IconButton
            icon="trash"
            data-remove
            label={words.library.remove(model.name)}
            onClick={() => {
              onRemove();
              acts.removeModel(model.key);
            }}
          />
        </span>
      </td>
    </tr>
  );
}
