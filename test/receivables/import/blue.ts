/** A blue invoice in which everything is right, in the form of the tax authority; parties and goods are made up. */
export const blue = `<?xml version="1.0" encoding="UTF-8"?>
<EInvoice>
  <Header>
    <EIid>26442000000000000018</EIid><EInvoiceTag>SWEI3200</EInvoiceTag><Version>0.2</Version>
    <InherentLabel>
      <EInvoiceType><LabelCode>01</LabelCode><LabelName>数电发票</LabelName></EInvoiceType>
      <GeneralOrSpecialVAT><LabelCode>01</LabelCode><LabelName>增值税专用发票</LabelName></GeneralOrSpecialVAT>
    </InherentLabel>
  </Header>
  <EInvoiceData>
    <SellerInformation>
      <SellerIdNum>91440101MA5DTRBU0E</SellerIdNum><SellerName>演示流通企业</SellerName>
      <SellerBankName>示范银行广州支行</SellerBankName><SellerBankAccNum>6222000000000000001</SellerBankAccNum>
    </SellerInformation>
    <BuyerInformation><BuyerIdNum>12440100MB2H0G7A0C</BuyerIdNum><BuyerName>演示医院</BuyerName></BuyerInformation>
    <BasicInformation>
      <TotalAmWithoutTax>15960.00</TotalAmWithoutTax><TotalTaxAm>2074.80</TotalTaxAm>
      <TotalTax-includedAmount>18034.80</TotalTax-includedAmount>
      <TotalTax-includedAmountInChinese>壹万捌仟零叁拾肆圆捌角整</TotalTax-includedAmountInChinese>
      <Drawer>开票员</Drawer><RequestTime>2026-03-01 10:20:30</RequestTime>
    </BasicInformation>
    <IssuItemInformation>
      <ItemName>*医疗仪器器械*冠脉药物洗脱支架</ItemName><SpecMod>3.0×18 mm</SpecMod><MeaUnits>支</MeaUnits>
      <Quantity>20</Quantity><UnPrice>798.0000000000000</UnPrice><Amount>15960.00</Amount><TaxRate>0.13</TaxRate>
      <ComTaxAm>2074.80</ComTaxAm><TotaltaxIncludedAmount>18034.80</TotaltaxIncludedAmount>
      <TaxClassificationCode>1090241000000000000</TaxClassificationCode>
    </IssuItemInformation>
    <AdditionalInformation><Remark>订单 PO-2026-0001</Remark></AdditionalInformation>
  </EInvoiceData>
  <TaxSupervisionInfo>
    <InvoiceNumber>26442000000000000018</InvoiceNumber><IssueTime>2026-03-01 10:20:31</IssueTime>
    <TaxBureauCode>14400000000</TaxBureauCode><TaxBureauName>国家税务总局广东省税务局</TaxBureauName>
  </TaxSupervisionInfo>
</EInvoice>`
