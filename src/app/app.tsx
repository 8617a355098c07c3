/** The frame around the screens: navigation, top bar, run bar, drop zone; and what a change of screen brings with it. */
import { useEffect, useRef } from 'react';
import { useStore } from '../store/react';
import { isPresented, placeOf } from '../store/route';
import type { Route } from '../store/route';
import { useStudio } from './context';
import { Library } from './library/library';
import { Offline } from './offline/offline';
import { fileOf, loadScreen, useScreen } from './screens';
import { DropZone } from './shell/drop-zone';
import { Footer } from './shell/footer';
import { GpuBanner } from './shell/gpu-banner';
import { NotFound, NotHere } from './shell/not-found';
import { OtherTabs } from './shell/other-tabs';
import { Rail } from './shell/rail';
import { RunAnnouncer } from './shell/run-announcer';
import { RunBar } from './shell/run-bar';
import { TopBar } from './shell/top-bar';
import { Title } from './shell/title';
import { Toasts } from './shell/toasts';
import { words } from './words';
import styles from './app.module.css';

export function App() {
  const route = useStore(useStudio().routes, (state) => state.route);

  const bare = isPresented(route);

  return (
    <div className={bare ? styles.bare : styles.frame}>
      <a className={styles.skip} href="#content" onClick={skipToContent}>
        {words.shell.skip}
      </a>
      {!bare && <Rail screen={route.screen} />}
      <div className={styles.column}>
        {!bare && <TopBar />}
        <main id="content" className={styles.main} tabIndex={-1}>
          {/* The library shows it under its heading: the first thing there is not what does not work. */}
          {route.screen !== 'library' && route.screen !== 'lesson' && <GpuBanner />}
          <Screen route={route} />
        </main>
        <Toasts />
        {!bare && <Footer />}
        {!bare && <RunBar />}
        <Offline />
      </div>
      <Title screen={route.screen} />
      <RunAnnouncer />
      <DropZone />
      <OtherTabs />
    </div>
  );
}

function Screen({ route }: { route: Route }) {
  const name = fileOf(route.screen);
  const Loaded = useScreen(name);
  const where = placeOf(route);
  const ready = typeof Loaded === 'function' || name === null;

  // The heading takes the focus on a change of screen, so that a reader starts there; not on the first one.
  const first = useRef(true);
  useEffect(() => {
    if (!ready) return;
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
  }, [where, ready]);

  if (route.screen === 'library') return <Library />;
  if (route.screen === 'unknown') return <NotFound path={route.path} />;
  if (name === null) return null;
  if (typeof Loaded === 'function') {
    const id = 'id' in route ? route.id : null;
    return <Loaded key={id} id={id} />;
  }
  return <NotHere screen={name} failed={Loaded === 'failed'} onRetry={() => void loadScreen(name)} />;
}

/** The fragment is the route, so the link may not change it. */
function skipToContent(event: { preventDefault(): void }) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
