/** How much of the browser's storage is used, whether it will be kept, and what the GPU is. */
import { adapterName, isUnnamed, type DeviceState } from '../../store/device';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import * as format from '../format';
import { Button } from '../parts/button';
import { words } from '../words';
import facts from '../parts/facts.module.css';
import panel from '../parts/panel.module.css';
import styles from './library.module.css';

export function StoragePanel() {
  const { device } = useStudio();
  const { storage, persistAnswer, gpu } = useStore(device);
  return (
    <div className={styles.machine}>
      <section className={`${panel.panel} ${styles.panelBody}`} id="storage" aria-labelledby="storage-title">
        <h2 id="storage-title">{words.library.storage}</h2>
        {storage && (
          <>
            <div className={styles.quota} aria-hidden="true">
              <span
                className={styles.quotaFill}
                style={{ width: `${usedShare(storage.usedBytes, storage.quotaBytes)}%` }}
              />
            </div>
            <p>{words.library.storageUse(format.bytes(storage.usedBytes), format.bytes(storage.quotaBytes))}</p>
          </>
        )}
        <p className={panel.muted} role="status">
          {storage?.persisted
            ? words.library.persisted
            : persistAnswer === false
              ? words.library.persistRefused
              : words.library.notPersisted}
        </p>
        {!storage?.persisted && (
          <div className={styles.buttons}>
            <Button onClick={() => void device.getState().persist()}>{words.library.persist}</Button>
          </div>
        )}
      </section>
      <GpuPanel gpu={gpu} />
    </div>
  );
}

function GpuPanel({ gpu }: { gpu: DeviceState['gpu'] }) {
  if (gpu.state !== 'ready') return null;
  const { description } = gpu;
  const { machine } = words.library;
  const buffer = description.limits.maxStorageBufferBindingSize;
  return (
    <section className={`${panel.panel} ${styles.panelBody}`} aria-labelledby="gpu-title">
      <h2 id="gpu-title">{machine.title}</h2>
      <dl className={facts.facts}>
        <dt>{machine.adapter}</dt>
        <dd>{adapterName(description)}</dd>
        {buffer !== undefined && (
          <>
            <dt>{machine.buffer}</dt>
            <dd>{format.bytes(buffer)}</dd>
          </>
        )}
        <dt>{machine.f16}</dt>
        <dd>{description.features.includes('shader-f16') ? machine.yes : machine.no}</dd>
        <dt>{machine.timing}</dt>
        <dd>{description.features.includes('timestamp-query') ? machine.wallTime : machine.clockOnly}</dd>
      </dl>
      {isUnnamed(description) && <p className={panel.muted}>{machine.unnamed(description.software)}</p>}
      {description.software && <p className={panel.muted}>{machine.software}</p>}
    </section>
  );
}

function usedShare(used: number, quota: number): number {
  return quota <= 0 ? 0 : Math.min(100, (used / quota) * 100);
}
