# One image for every worker: `seqcast up`, told by SEQCAST_ROLES and its like what to do.

FROM node:20.19.5-slim AS build
WORKDIR /app
# Dependencies first: they change less often than the code, and are kept from one build to the next.
COPY package.json package-lock.json ./
COPY client/package.json client/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20.19.5-slim
# On every address of the container: it starts with API keys, with SEQCAST_ADMIN_KEY, or with SEQCAST_INSECURE=true, and not without.
ENV NODE_ENV=production \
    SEQCAST_HOST=0.0.0.0 \
    SEQCAST_PORT=7070 \
    SEQCAST_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/client/package.json client/
COPY --from=build /app/client/dist client/dist
COPY --from=build /app/dist dist
# What volumes over them start with: owned by whom the process runs as.
RUN mkdir /data /models && chown node:node /data /models
VOLUME /data
USER node
EXPOSE 7070
# The image has no curl. A worker without the role gateway answers here too.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7070/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Ended by SIGTERM: it drains for up to 25 s.
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["up"]
