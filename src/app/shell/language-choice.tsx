/** Which language the page speaks, and where one word or another could not be fetched in it. A run is never ended by a change. */
import { useId, useState, useSyncExternalStore } from 'react';
import { useStore } from '../../store/react';
import { isActive } from '../../store/run-view';
import { useStudio } from '../context';
import { missingParts } from '../language/in-language';
import { keepLanguage, language, loadAnew } from '../language/language';
import { LANGUAGES, LANGUAGE_IDS, type Language } from '../language/languages';
import { words } from '../words';
import styles from './footer.module.css';

export function LanguageChoice() {
  const active = useStore(useStudio().run, (state) => state.run !== null && isActive(state.run.phase));
  const missing = useSyncExternalStore(missingParts.subscribe, missingParts.count);
  const [chosen, setChosen] = useState<Language>(language);
  const id = useId();
  const { label, later, missing: some } = words.shell.language;
  const choose = (next: Language) => {
    keepLanguage(next);
    setChosen(next);
    if (!active) loadAnew();
  };
  return (
    <div className={styles.language}>
      <label htmlFor={id}>{label}</label>{' '}
      <select id={id} value={chosen} onChange={({ target }) => choose(target.value as Language)}>
        {LANGUAGE_IDS.map((one) => (
          <option key={one} value={one} lang={one}>
            {LANGUAGES[one].name}
          </option>
        ))}
      </select>
      <p role="status">{chosen !== language ? later : missing > 0 ? some : ''}</p>
    </div>
  );
}
