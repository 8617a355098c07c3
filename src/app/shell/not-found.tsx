/** What stands where a screen is not: an address that names none, or a screen whose file has not come. */
import { useEffect, useState } from 'react';
import type { LazyScreen } from '../screens';
import { Button, LinkButton } from '../parts/button';
import { words } from '../words';
import panel from '../parts/panel.module.css';

const { place } = words;

/** How long a screen may take to come before it is said that it is coming. */
const PATIENCE_MS = 400;

export function NotFound({ path }: { path: string }) {
  return (
    <div className={panel.screen}>
      <h1 tabIndex={-1}>{place.notFound}</h1>
      <p className={panel.lead}>{place.notFoundText(path)}</p>
      <p>
        <LinkButton look="primary" href="#/library">
          {place.toLibrary}
        </LinkButton>
      </p>
    </div>
  );
}

interface NotHereProps {
  screen: LazyScreen;
  failed: boolean;
  onRetry: () => void;
}

export function NotHere({ screen, failed, onRetry }: NotHereProps) {
  return (
    <div className={panel.screen}>
      <h1 tabIndex={-1}>{words.shell.screens[screen]}</h1>
      {failed ? (
        <>
          <p className={panel.lead} role="alert">
            {place.notLoaded}
          </p>
          <p>
            <Button look="primary" onClick={onRetry}>
              {words.failure.verbs.retry}
            </Button>
          </p>
        </>
      ) : (
        <Coming />
      )}
    </div>
  );
}

function Coming() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className={panel.muted} role="status">
      {late ? place.loading : ''}
    </p>
  );
}
