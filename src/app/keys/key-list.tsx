/** The list of keys, and whether single ones work where nothing has the focus that they belong to. */
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { CheckField } from '../parts/field';
import { keys as say } from './words';
import styles from './keys.module.css';

export function KeyList() {
  const { singleKeys, setSingleKeys } = useStore(useStudio().settings);
  return (
    <div className={styles.list}>
      <p className={styles.lead}>{say.lead}</p>
      {say.groups.map(({ title, keys }) => (
        <table key={title} className={styles.table}>
          <caption>{title}</caption>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">{say.key}</th>
              <th scope="col">{say.does}</th>
            </tr>
          </thead>
          <tbody>
            {keys.map(([key, does]) => (
              <tr key={key}>
                <th scope="row">
                  <kbd>{key}</kbd>
                </th>
                <td>{does}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
      <CheckField label={say.single} value={singleKeys} onChange={setSingleKeys} />
      <p className={styles.lead}>{say.singleHint}</p>
    </div>
  );
}
