/** What is stored in this browser to be quantized. */
import type { StoredModel } from '../../worker/protocol';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import * as format from '../format';
import { Button, IconButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Tag } from '../parts/tag';
import { words } from '../words';
import panel from '../parts/panel.module.css';

const { columns } = words.library;

export function ModelsTable() {
  const { models, loaded, currentKey } = useStore(useStudio().models);
  return (
    <section className={panel.section} aria-labelledby="models-title">
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
              {models.map((model) => (
                <ModelRow key={model.key} model={model} open={model.key === currentKey} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function ModelRow({ model, open }: { model: StoredModel; open: boolean }) {
  const { models, routes } = useStudio();
  const openModel = () => {
    models.getState().open(model.key);
    routes.getState().go({ screen: 'recipe' });
  };
  return (
    <tr>
      <th scope="row">
        <span className={panel.nameCell}>
          {model.name}
          {model.sample && <Tag>{words.library.sampleTag}</Tag>}
          {open && <Tag tone="ok">{words.library.openTag}</Tag>}
        </span>
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
          <Confirm
            title={words.library.removeModelTitle(model.name)}
            text={words.library.removeModelText(format.bytes(model.bytes))}
            yes={words.library.removeWord}
            no={words.library.keepIt}
            onYes={async () => {
              await models.getState().remove(model.key);
            }}
          >
            <IconButton icon="trash" label={words.library.remove(model.name)} />
          </Confirm>
        </span>
      </td>
    </tr>
  );
}
