/** The first screen: what the studio shows, what can be opened, and what is stored. */
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { words } from '../words';
import { GpuBanner } from '../shell/gpu-banner';
import panel from '../parts/panel.module.css';
import { DropCard } from './drop-card';
import { Hero } from './hero';
import { ModelsTable } from './models-table';
import { RunsTable } from './runs-table';
import { SamplesTable } from './samples-table';
import { StoragePanel } from './storage-panel';
import { StoppedRun } from './stopped-run';

export function Library() {
  const studio = useStudio();
  const runs = useStore(studio.storedRuns);
  const live = useStore(studio.run, (state) => state.run !== null);
  // Who has results of their own comes for those; everybody else for the comparison.
  const visitor = live || (runs.loaded ? runs.runs.length === 0 : !runs.expected);
  return (
    <div className={panel.screen}>
      {visitor ? <Hero /> : <h1 tabIndex={-1}>{words.library.title}</h1>}
      <GpuBanner />
      <StoppedRun />
      <DropCard />
      <SamplesTable />
      <ModelsTable />
      <RunsTable />
      <StoragePanel />
    </div>
  );
}
