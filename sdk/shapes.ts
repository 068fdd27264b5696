import type {
  GetCategoryResponse,
  GetMeResponse,
  GetOrderResponse,
  GetProductAvailabilityResponse,
  GetProductResponse,
  GetReturnResponse,
  GetSaleResponse,
  GetShopResponse,
  ListShipmentsResponse,
} from './gen/types.gen.ts'

// The generator knows answers, not things. These are the things by the names people use.
export type Product = GetProductResponse
export type Variant = Product['variants'][number]
export type Category = GetCategoryResponse
export type Shop = GetShopResponse
export type Sale = GetSaleResponse
export type Order = GetOrderResponse
export type OrderLine = Order['lines'][number]
export type Shipment = ListShipmentsResponse['items'][number]
export type Return = GetReturnResponse
export type Availability = GetProductAvailabilityResponse
export type Me = GetMeResponse
