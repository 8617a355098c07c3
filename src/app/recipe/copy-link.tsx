/** Puts the recipe into a link and the link onto the clipboard. Nothing is stored anywhere by it. */
import { useState } from 'react';
import { encodeLink } from '../../store/link';
import { useStore } from '../../store/react';
import { sampleOf } from '../../store/samples';
import { copyText } from '../clipboard';
import { useStudio } from '../context';
import * as format from '../format';
import { Button } from '../parts/button';
import { words } from '../words';
import styles from './recipe.module.css';

export function CopyLink() {
  const { recipe, faults, model } = useStore(useStudio().recipes);
  const [said, setSaid] = useState<{ recipe: typeof recipe; url: string; copied: boolean } | null>(null);

  const copy = async () => {
    // A model of one's own is never named in a link.
    const sample = sampleOf(model)?.id ?? null;
    const url = `${window.location.href.split('#')[0]}#/c/${encodeLink({ recipe, sample })}`;
    setSaid({ recipe, url, copied: await copyText(url) });
  };

  // A link of a recipe that has changed since is not talked about any more.
  const current = said !== null && said.recipe === recipe ? said : null;
  return (
    <>
      <Button small icon="link" disabled={Object.keys(faults).length > 0} onClick={() => void copy()}>
        {words.recipe.copyLink}
      </Button>
      {current && (
        <div className={styles.linkField} role="status">
          {current.copied ? (
            words.recipe.linkCopied(format.integer(current.url.length))
          ) : (
            <label>
              {words.recipe.linkFailed}
              <input readOnly value={current.url} onFocus={(event) => event.currentTarget.select()} />
            </label>
          )}
        </div>
      )}
    </>
  );
}
