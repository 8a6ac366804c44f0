/** The way to a stream's view. Its name may be broken at its slashes, where there is little room. */
import { streamAddress } from '../route.ts';

export function StreamLink({ stream }: { readonly stream: string }) {
  return (
    <a href={streamAddress(stream)}>
      {stream.split('/').flatMap((part, index) => (index === 0 ? [part] : ['/', <wbr key={index} />, part]))}
    </a>
  );
}
