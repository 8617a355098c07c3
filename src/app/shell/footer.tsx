/** What happens to a person's data, always in sight, with the way to check it. */
import { Panel } from '../parts/dialog';
import { words } from '../words';
import { Keys } from './keys';
import { LanguageChoice } from './language-choice';
import styles from './footer.module.css';

export function Footer() {
  return (
    <footer className={styles.footer}>
      <p>
        {words.shell.privacy}{' '}
        <Panel
          as="dialog"
          title={words.shell.privacyHow}
          trigger={
            <button type="button" className={styles.how}>
              {words.shell.privacyHow}
            </button>
          }
        >
          <ol className={styles.steps}>
            {words.shell.privacyCheck.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </Panel>{' '}
        <Keys />
      </p>
      <LanguageChoice />
    </footer>
  );
}
