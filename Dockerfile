FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/ ./example_app ./cmd/ginauth

FROM alpine:3.23
COPY --from=build /out/example_app /out/ginauth /
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["/example_app"]
