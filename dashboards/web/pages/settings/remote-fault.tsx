/** What another program refused: in words of the page where it has them, and what that program said itself, as it said it. */
import { wordOr } from '../../words/words.ts';

export function RemoteFault({ code, text }: { code: string | null; text: string }) {
  const said = wordOr('problem', `${code}.message`, text);
  return (
    <>
      {said !== text && (
        <p>
          {said} {wordOr('problem', `${code}.hint`, '')}
        </p>
      )}
      <p class={said === text ? undefined : 'small'} lang="en">
        {text}
      </p>
    </>
  );
}
