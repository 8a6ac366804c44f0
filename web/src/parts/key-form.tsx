/** Asks for an API key where the gateway wants one. */
import { useState } from 'preact/hooks';
import { giveKey } from '../api/key.ts';

export function KeyForm() {
  const [key, setKey] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    if (key.trim() !== '') giveKey(key.trim());
  };
  return (
    <>
      <h1>API key</h1>
      <p class="lead">
        This gateway answers to keys. A key shows the sequences that it has a scope for; pools, masters and models want{' '}
        <code>operate:*</code>.
      </p>
      <form class="tools" onSubmit={submit}>
        <label>
          <span>Key</span>
          <input type="password" autoComplete="off" value={key} onInput={(event) => setKey(event.currentTarget.value)} />
        </label>
        <button type="submit" class="act">
          Continue
        </button>
      </form>
      <p class="note">It is kept until this tab is closed.</p>
    </>
  );
}
