import { EmbeddedResolver } from "./embedded/resolver.ts";
import type { Resolver, ResolverOptions } from "./resolver.ts";
import { SlmResolver } from "./slm/resolver.ts";

export { defaultModelDir } from "./embedded/model_dir.ts";
export type * from "./resolver.ts";

/** Starts loading at once; `ready()` says when it is done. Closing the resolver closes its fallback, too. */
export function createResolver(options: ResolverOptions): Resolver {
  switch (options.kind) {
    case "embedded":
      return new EmbeddedResolver(options);
    case "slm":
      return new SlmResolver(options, createResolver(options.fallback));
  }
}
