/** The bar at the top: which model is open, which GPU works, how full the storage is, and the theme. */
import { adapterName, isUnnamed } from '../../store/device';
import { currentModel } from '../../store/models';
import { useStore } from '../../store/react';
import { THEMES, type Theme } from '../../store/settings';
import { useStudio } from '../context';
import * as format from '../format';
import { IconButton } from '../parts/button';
import type { IconName } from '../parts/icon';
import { words } from '../words';
import styles from './top-bar.module.css';

export function TopBar() {
  return (
    <header className={styles.bar}>
      <ModelName />
      <GpuChip />
      <StorageChip />
      <ThemeToggle />
    </header>
  );
}

function ModelName() {
  const model = useStore(useStudio().models, currentModel);
  if (!model) return <p className={styles.model}>{words.shell.noModel}</p>;
  return (
    <p className={styles.model}>
      <a className={styles.modelName} href="#/recipe">
        {model.name}
      </a>
      <span className={styles.size}>{format.bytes(model.bytes)}</span>
    </p>
  );
}

function GpuChip() {
  const gpu = useStore(useStudio().device, (state) => state.gpu);
  if (gpu.state === 'none') return <span className={styles.chip}>{words.shell.gpuNone}</span>;
  if (gpu.state !== 'ready') return <span className={styles.chip}>{words.shell.gpuOpening}</span>;
  const { description } = gpu;
  return (
    <span
      className={styles.chip}
      title={isUnnamed(description) ? words.shell.gpuUnnamed : description.description || undefined}
    >
      <span className={styles.chipText}>{words.shell.gpuChip(adapterName(description))}</span>
      {description.software && <span className={styles.note}>{words.shell.gpuSoftware}</span>}
    </span>
  );
}

function StorageChip() {
  const storage = useStore(useStudio().device, (state) => state.storage);
  // Of less there is nothing to say to a first visitor.
  if (!storage || storage.usedBytes < 1e6) return null;
  return (
    <span className={`${styles.chip} ${styles.storage}`} title={words.shell.storageLabel}>
      {words.shell.storageChip(format.bytes(storage.usedBytes), format.bytes(storage.quotaBytes))}
    </span>
  );
}

const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: 'system', light: 'sun', dark: 'moon' };

function ThemeToggle() {
  const { theme, setTheme } = useStore(useStudio().settings);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const { themes, themeNow } = words.shell;
  return (
    <IconButton
      icon={THEME_ICONS[theme]}
      label={themeNow(themes[theme], themes[next])}
      onClick={() => setTheme(next)}
    />
  );
}
