// Generated from the contract by tools/generate.ts. Do not edit.

export interface paths {
    "/v2/billing/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the balance
         * @description What the workspace can still spend.
         */
        get: operations["getBalance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/billing/costs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read costs by day
         * @description What completed generations cost, one bucket for each UTC date.
         */
        get: operations["getCosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/generations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List generations
         * @description The generations of this key's workspace and mode, newest first.
         */
        get: operations["listGenerations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/images/generations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generate an image
         * @description Waits for the picture and answers with a link to it. With `Prefer: respond-async` it answers 202 at once, to be followed with `GET /v2/images/generations/{id}`.
         */
        post: operations["createImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/images/generations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an image generation
         * @description The state of an image generation. `Prefer: wait=N` holds the answer until it ends, at most N seconds and never more than 50.
         */
        get: operations["getImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/images/generations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel an image generation
         * @description Ends it as failed if the model had not finished, and says what that achieved.
         */
        post: operations["cancelImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List models
         * @description What this server can run, with the values each model accepts and what it costs.
         */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/videos/generations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generate a video
         * @description Answers 202 as soon as the generation is accepted and checked. Follow it with `GET /v2/videos/generations/{id}`. With `Prefer: wait=N` the answer is held until it ends, at most N seconds and never more than 50.
         */
        post: operations["createVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/videos/generations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a video generation
         * @description The state of a video generation. A generation that failed is answered with 200, `status: "failed"` and `error`. `Prefer: wait=N` holds the answer until it ends, at most N seconds and never more than 50.
         */
        get: operations["getVideo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/videos/generations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a video generation
         * @description Ends it as failed if the model had not finished, and says what that achieved.
         */
        post: operations["cancelVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Balance: {
            /**
             * @description Spendable US dollars, as a decimal string; what running generations hold is already subtracted.
             * @example 12.34
             */
            balance: string;
            /** @enum {string} */
            currency: "USD";
        };
        Cancellation: {
            /**
             * @description cancelled: it has ended and costs nothing. requested: the model has not answered yet; read the generation later. too_late: it had already ended.
             * @enum {string}
             */
            cancellation: "cancelled" | "requested" | "too_late";
            id: components["schemas"]["GenerationId"];
            /** @enum {string} */
            status: "pending" | "completed" | "failed";
        };
        CompletedImage: {
            data: components["schemas"]["ImageOutput"][];
            id: components["schemas"]["GenerationId"];
            model: string;
            /** @enum {string} */
            status: "completed";
            usage: components["schemas"]["Usage"];
        };
        CompletedVideo: {
            data: components["schemas"]["VideoOutput"][];
            id: components["schemas"]["GenerationId"];
            model: string;
            /** @enum {string} */
            status: "completed";
            usage: components["schemas"]["Usage"];
        };
        Costs: {
            /** @enum {string} */
            currency: "USD";
            data: {
                cost: number;
                date: string;
            }[];
            end: components["schemas"]["Instant"];
            start: components["schemas"]["Instant"];
            total_cost: number;
        };
        CreateImageRequest: {
            /** @description Such as 1:1 or 16:9; the model lists what it supports. */
            aspect_ratio?: "1:1" | "16:9" | "9:16" | "4:3" | "3:4" | "3:2" | "2:3" | "21:9" | (string & {});
            /** @description Validate, check and quote the price without generating. Counted apart from generations, with the same limits per minute. */
            dry_run?: boolean;
            /** @description Reference images, at most 8. */
            images?: {
                /** @enum {string} */
                role?: "reference_image" | "first_frame" | "last_frame";
                /** @description http(s) address of a public image, or a data: URL with an image. */
                url: string;
            }[];
            /** @description Model id, from GET /v2/models. */
            model: "sandbox-image" | (string & {});
            /**
             * @description File format; jpeg when omitted.
             * @enum {string}
             */
            output_format?: "jpeg" | "png" | "webp";
            /** @description What to show, 1-4096 characters. */
            prompt: string;
            /** @description Such as 1K or 720p; the model lists what it supports. */
            resolution?: "1K" | "2K" | "4K" | (string & {});
            /** @description Same seed and request, same file. Only for models whose capabilities say seed. */
            seed?: number;
        };
        CreateVideoRequest: {
            /** @description Such as 1:1 or 16:9; the model lists what it supports. */
            aspect_ratio?: "16:9" | "1:1" | "9:16" | "4:3" | "3:4" | "3:2" | "2:3" | "21:9" | (string & {});
            /** @description Validate, check and quote the price without generating. Counted apart from generations, with the same limits per minute. */
            dry_run?: boolean;
            /** @description Length in whole seconds; the model lists the lengths it supports. */
            duration?: number;
            /** @description Reference images with their roles, at most 8. */
            images?: {
                /** @enum {string} */
                role: "reference_image" | "first_frame" | "last_frame";
                /** @description http(s) address of a public image, or a data: URL with an image. */
                url: string;
            }[];
            /** @description Model id, from GET /v2/models. */
            model: "sandbox-video" | (string & {});
            /** @description What to show, 1-4096 characters. */
            prompt: string;
            /** @description Such as 1K or 720p; the model lists what it supports. */
            resolution?: "720p" | "480p" | "1080p" | (string & {});
            /** @description Same seed and request, same file. Only for models whose capabilities say seed. */
            seed?: number;
            /** @description Whether the film has sound. */
            sound?: boolean;
        };
        /** @description What went wrong. */
        ErrorObject: {
            /**
             * @description One of eight codes; branch on this.
             * @enum {string}
             */
            code: "invalid_api_key" | "parameter_missing" | "invalid_parameter" | "quota_exceeded" | "content_policy_violation" | "rate_limit" | "not_found" | "server_error";
            /** @description The page that explains this code. */
            doc_url: string;
            /** @description What happened and what to do, for a person. */
            message: string;
            /** @description The request parameter at fault, such as `images[1].url`; null when none is. */
            param: string | null;
            /**
             * @description Always invalid_request_error.
             * @enum {string}
             */
            type: "invalid_request_error";
        };
        /** @description Terminal. To try again, submit a new generation. */
        FailedGeneration: {
            error: components["schemas"]["ErrorObject"];
            id: components["schemas"]["GenerationId"];
            /** @enum {string} */
            status: "failed";
        };
        /**
         * @description Id of a generation.
         * @example gen_0198c6a2f4b07c3e9a51d2e6b8f01234
         */
        GenerationId: string;
        GenerationList: {
            data: components["schemas"]["ListedGeneration"][];
            has_more: boolean;
        };
        ImageGeneration: components["schemas"]["PendingGeneration"] | components["schemas"]["FailedGeneration"] | components["schemas"]["CompletedImage"];
        ImageOutput: {
            deletes_at: components["schemas"]["Instant"];
            height: number;
            mime_type: string;
            /** @description Signed download link; needs no key. */
            url: string;
            width: number;
        };
        /**
         * Format: date-time
         * @description Instant, ISO 8601 in UTC.
         * @example 2026-11-22T18:00:00.000Z
         */
        Instant: string;
        ListedGeneration: {
            created_at: components["schemas"]["Instant"];
            id: components["schemas"]["GenerationId"];
            model: string;
            /** @description Share of the work done, where known. */
            progress?: number;
            /** @description Jobs of this workspace ahead of this one, where known. */
            queue_position?: number;
            /** @enum {string} */
            status: "pending";
            /** @enum {string} */
            type: "image" | "video";
        } | {
            created_at: components["schemas"]["Instant"];
            error: components["schemas"]["ErrorObject"];
            id: components["schemas"]["GenerationId"];
            model: string;
            /** @enum {string} */
            status: "failed";
            /** @enum {string} */
            type: "image" | "video";
        } | {
            created_at: components["schemas"]["Instant"];
            data: components["schemas"]["ImageOutput"][];
            id: components["schemas"]["GenerationId"];
            model: string;
            /** @enum {string} */
            status: "completed";
            /** @enum {string} */
            type: "image" | "video";
            usage: components["schemas"]["Usage"];
        } | {
            created_at: components["schemas"]["Instant"];
            data: components["schemas"]["VideoOutput"][];
            id: components["schemas"]["GenerationId"];
            model: string;
            /** @enum {string} */
            status: "completed";
            /** @enum {string} */
            type: "image" | "video";
            usage: components["schemas"]["Usage"];
        };
        Model: {
            capabilities: components["schemas"]["ModelCapabilities"];
            created_at: components["schemas"]["Instant"];
            id: string;
            name: string;
            pricing: components["schemas"]["ModelPricing"];
            /** @enum {string} */
            status: "available";
            /** @enum {string} */
            type: "image" | "video";
        };
        ModelCapabilities: {
            /** @description The first is the default. */
            aspect_ratios: string[];
            default_duration?: number;
            /** @description Whole seconds that can be asked for. */
            durations?: number[];
            /** @description Roles of reference images. */
            image_roles: ("reference_image" | "first_frame" | "last_frame")[];
            /** @description Most reference images. */
            max_images: number;
            max_prompt_length: number;
            output_formats?: ("jpeg" | "png" | "webp")[];
            /** @description The first is the default. */
            resolutions: string[];
            /** @description Whether `seed` is supported. */
            seed: boolean;
            /** @description Whether sound can be asked for. */
            sound?: boolean;
        };
        ModelList: components["schemas"]["Model"][];
        ModelPricing: {
            /** @enum {string} */
            billable_unit: "image" | "video_second";
            /** @enum {string} */
            currency: "USD";
            /** @description Price of one unit for each resolution. */
            unit_prices: {
                [key: string]: number;
            };
        };
        PendingGeneration: {
            id: components["schemas"]["GenerationId"];
            /** @description Share of the work done, where known. */
            progress?: number;
            /** @description Jobs of this workspace ahead of this one, where known. */
            queue_position?: number;
            /** @enum {string} */
            status: "pending";
        };
        /** @description The price of the request; nothing was generated or charged. */
        Quote: {
            model: string;
            usage: components["schemas"]["Usage"];
        };
        Usage: {
            /** @enum {string} */
            billable_unit: "image" | "video_second";
            /** @description Images, or seconds of video. */
            quantity: number;
            /** @description unit_price × quantity, in USD. */
            total_cost: number;
            /** @description Price of one unit, in USD. */
            unit_price: number;
        };
        VideoGeneration: components["schemas"]["PendingGeneration"] | components["schemas"]["FailedGeneration"] | components["schemas"]["CompletedVideo"];
        VideoOutput: {
            deletes_at: components["schemas"]["Instant"];
            /** @description Seconds. */
            duration: number;
            fps: number;
            has_sound: boolean;
            height: number;
            mime_type: string;
            /** @description Signed download link; needs no key. */
            url: string;
            width: number;
        };
    };
    responses: never;
    parameters: {
        /**
         * @description Makes the request safe to repeat: the same key with the same body within 24 hours is answered with the first generation, never with a second one or a second charge.
         * @example 0198c6a2-f4b0-7c3e-9a51-d2e6b8f01234
         */
        "Idempotency-Key": string;
        /**
         * @description `wait=N` (1 to 60) holds the answer until the generation ends, at most N seconds, and never more than 50, since proxies cut at 60. On the image POST, `respond-async` answers 202 at once.
         * @example wait=30
         */
        Prefer: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getBalance: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Balance"];
                };
            };
        };
    };
    getCosts: {
        parameters: {
            query: {
                /** @description End, ISO 8601 with a zone; after start, at most 180 days later. */
                end: string;
                /** @description Start, ISO 8601 with a zone. */
                start: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Costs"];
                };
            };
        };
    };
    listGenerations: {
        parameters: {
            query?: {
                /** @description Id of the last item already seen; the page starts after it. */
                after?: string;
                /** @description Items per page; 20 when omitted. */
                limit?: number;
                status?: "pending" | "completed" | "failed";
                type?: "image" | "video";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GenerationList"];
                };
            };
        };
    };
    createImage: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes the request safe to repeat: the same key with the same body within 24 hours is answered with the first generation, never with a second one or a second charge.
                 * @example 0198c6a2-f4b0-7c3e-9a51-d2e6b8f01234
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description `wait=N` (1 to 60) holds the answer until the generation ends, at most N seconds, and never more than 50, since proxies cut at 60. On the image POST, `respond-async` answers 202 at once.
                 * @example wait=30
                 */
                Prefer?: components["parameters"]["Prefer"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateImageRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompletedImage"] | components["schemas"]["Quote"] | components["schemas"]["ImageGeneration"];
                };
            };
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PendingGeneration"];
                };
            };
        };
    };
    getImage: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description `wait=N` (1 to 60) holds the answer until the generation ends, at most N seconds, and never more than 50, since proxies cut at 60. On the image POST, `respond-async` answers 202 at once.
                 * @example wait=30
                 */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                /** @description Id of a generation. */
                id: components["schemas"]["GenerationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageGeneration"];
                };
            };
        };
    };
    cancelImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a generation. */
                id: components["schemas"]["GenerationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cancellation"];
                };
            };
        };
    };
    listModels: {
        parameters: {
            query?: {
                type?: "image" | "video";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelList"];
                };
            };
        };
    };
    createVideo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes the request safe to repeat: the same key with the same body within 24 hours is answered with the first generation, never with a second one or a second charge.
                 * @example 0198c6a2-f4b0-7c3e-9a51-d2e6b8f01234
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description `wait=N` (1 to 60) holds the answer until the generation ends, at most N seconds, and never more than 50, since proxies cut at 60. On the image POST, `respond-async` answers 202 at once.
                 * @example wait=30
                 */
                Prefer?: components["parameters"]["Prefer"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateVideoRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Quote"] | components["schemas"]["VideoGeneration"];
                };
            };
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PendingGeneration"];
                };
            };
        };
    };
    getVideo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description `wait=N` (1 to 60) holds the answer until the generation ends, at most N seconds, and never more than 50, since proxies cut at 60. On the image POST, `respond-async` answers 202 at once.
                 * @example wait=30
                 */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                /** @description Id of a generation. */
                id: components["schemas"]["GenerationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoGeneration"];
                };
            };
        };
    };
    cancelVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a generation. */
                id: components["schemas"]["GenerationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cancellation"];
                };
            };
        };
    };
}
