/** The whole window takes files and folders, on every screen. Shows itself only while something is held over it. */
import { useEffect, useState } from 'react';
import { useStudio } from '../context';
import { filesOfDrop } from '../drop';
import { words } from '../words';
import styles from './drop-zone.module.css';

export function DropZone() {
  const { take } = useStudio();
  const [over, setOver] = useState(false);

  useEffect(() => {
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const onOver = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      // Leaving the window, not only one element for the next.
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!event.dataTransfer || !holdsFiles(event)) return;
      event.preventDefault();
      setOver(false);
      void filesOfDrop(event.dataTransfer).then(take);
    };
    window.addEventListener('dragover', onOver);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [take]);

  if (!over) return null;
  return (
    <div className={styles.zone} aria-hidden="true">
      <p className={styles.text}>{words.shell.dropHere}</p>
      <p>{words.shell.dropHint}</p>
    </div>
  );
}
